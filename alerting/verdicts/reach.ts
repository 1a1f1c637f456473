import type { Expr } from '../../promql/ast.js'
import { DEFAULT_LOOKBACK_MS } from '../../promql/engine.js'
import { parts } from '../../promql/evaluate/prepare.js'

/** How far back an expression reads from the time that it is evaluated at, ms: a point counts for so long. */
export function reachMs(expr: Expr): number {
  if (expr.type === 'vector') return Math.max(0, expr.offsetMs) + DEFAULT_LOOKBACK_MS
  if (expr.type === 'matrix') return Math.max(0, expr.vector.offsetMs) + expr.rangeMs
  const inside = Math.max(0, ...parts(expr).map(reachMs))
  return expr.type === 'subquery' ? Math.max(0, expr.offsetMs) + expr.rangeMs + inside : inside
}
