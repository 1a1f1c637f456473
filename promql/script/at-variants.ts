import type { Expr, Subquery, VectorSelector } from '../ast.js'

/** Their value depends on the evaluation time even where every selector is fixed. */
const TIME_BOUND = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'end',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'range',
  'start',
  'step',
  'time',
  'timestamp',
  'year',
])

/** A query that must give the same answer at another time. */
export interface AtVariant {
  expr: Expr
  timeMs: number
}

/**
 * The query with `@ timeMs` on every selector and subquery that names no time, at times all around: what it gives must
 * stay what it gives at `timeMs`. None for a query that tells the time.
 */
export function atVariants(expr: Expr, timeMs: number): AtVariant[] {
  if (callsTimeBound(expr)) return []
  const fixed = withAt(expr, timeMs)
  const others = timeMs === 0 ? [-1000, 0, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs]
  return others.map((other) => ({ expr: fixed, timeMs: other }))
}

/** What lies in a subquery does not count: the subquery is fixed as a whole. */
function callsTimeBound(expr: Expr): boolean {
  switch (expr.type) {
    case 'call':
      return TIME_BOUND.has(expr.func) || expr.args.some(callsTimeBound)
    case 'aggregate':
      return callsTimeBound(expr.expr) || (expr.param !== undefined && callsTimeBound(expr.param))
    case 'binary':
      return callsTimeBound(expr.left) || callsTimeBound(expr.right)
    case 'unary':
    case 'paren':
    case 'stepInvariant':
      return callsTimeBound(expr.expr)
    default:
      return false
  }
}

function withAt(expr: Expr, timeMs: number): Expr {
  switch (expr.type) {
    case 'vector':
    case 'subquery':
      return fixed(expr, timeMs)
    case 'matrix':
      return { ...expr, vector: fixed(expr.vector, timeMs) }
    case 'call':
      return { ...expr, args: expr.args.map((arg) => withAt(arg, timeMs)) }
    case 'aggregate':
      return { ...expr, expr: withAt(expr.expr, timeMs), param: expr.param && withAt(expr.param, timeMs) }
    case 'binary':
      return { ...expr, left: withAt(expr.left, timeMs), right: withAt(expr.right, timeMs) }
    case 'unary':
    case 'paren':
    case 'stepInvariant':
      return { ...expr, expr: withAt(expr.expr, timeMs) }
    default:
      return expr
  }
}

function fixed<Selector extends VectorSelector | Subquery>(selector: Selector, timeMs: number): Selector {
  return selector.at && 'timeMs' in selector.at ? selector : { ...selector, at: { timeMs } }
}
