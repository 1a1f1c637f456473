import type { Matcher } from '../../../schemas/series/matcher.js'
import type { AtModifier, Expr, VectorSelector } from '../../ast.js'

/** The times that the samples of an expression stand for, relative to its evaluation. */
interface ReferenceTime {
  at?: AtModifier
  offsetMs: number
}

/** The selector of info series that are as old as the samples of `base`: `@` and offsets of its first selector hold. */
export function infoSelector(base: Expr, matchers: readonly Matcher[]): VectorSelector {
  const reference = referenceTime(base, { offsetMs: 0 }) ?? { offsetMs: 0 }
  return { type: 'vector', matchers, ...reference, span: base.span }
}

/** Down to the first selector: an `@` makes everything around it irrelevant, offsets add up. */
function referenceTime(expr: Expr, outer: ReferenceTime): ReferenceTime | undefined {
  switch (expr.type) {
    case 'number':
    case 'string':
      return undefined
    case 'vector':
      return within(outer, expr)
    case 'matrix':
      return within(outer, expr.vector)
    case 'subquery':
      return referenceTime(expr.expr, within(outer, expr))
    case 'call':
      return firstOf(expr.args, outer)
    case 'aggregate':
      return firstOf(expr.param ? [expr.expr, expr.param] : [expr.expr], outer)
    case 'binary':
      return firstOf([expr.left, expr.right], outer)
    case 'unary':
    case 'paren':
    case 'stepInvariant':
      return referenceTime(expr.expr, outer)
  }
}

function within(outer: ReferenceTime, { at, offsetMs }: ReferenceTime): ReferenceTime {
  return at ? { at, offsetMs } : { ...outer, offsetMs: outer.offsetMs + offsetMs }
}

function firstOf(exprs: readonly Expr[], outer: ReferenceTime): ReferenceTime | undefined {
  for (const expr of exprs) {
    const found = referenceTime(expr, outer)
    if (found) return found
  }
  return undefined
}
