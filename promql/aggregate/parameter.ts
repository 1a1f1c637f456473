import type { Expr, Span } from '../ast.js'

/** Between which values a parameter moves over the steps: NaN if one of them is. */
export function rangeOf(values: Float64Array): { min: number; max: number; hasNaN: boolean } {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let hasNaN = false
  for (const value of values) {
    if (Number.isNaN(value)) hasNaN = true
    if (value < min) min = value
    if (value > max) max = value
  }
  return hasNaN ? { min: Number.NaN, max: Number.NaN, hasNaN } : { min, max, hasNaN }
}

/** Where an argument stands, its parentheses left aside. */
export function spanOf(expr: Expr): Span {
  return expr.type === 'paren' || expr.type === 'stepInvariant' ? spanOf(expr.expr) : expr.span
}
