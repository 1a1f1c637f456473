import { TidemarkError } from '../../schemas/errors.js'
import type { Call, Expr, MatrixSelector, NumberLiteral, Subquery, TimeModifiers, VectorSelector } from '../ast.js'
import { lengthOf, offsetOf, type QueryTimes } from './durations.js'

/** Functions whose value depends on the evaluation time even where their arguments do not. */
const TELL_TIME: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'time',
  'timestamp',
  'year',
])

/** Calls that the query's own times answer, in seconds. */
const QUERY_TIMES: Readonly<Record<string, (query: QueryTimes) => number>> = {
  start: ({ startMs }) => startMs,
  end: ({ endMs }) => endMs,
  range: ({ startMs, endMs }) => endMs - startMs,
  step: ({ stepMs }) => stepMs,
}

/**
 * A query made ready for its times: durations and `@ start()` are numbers, parentheses are gone, and what is the same
 * at every step stands in a StepInvariant.
 * @throws TM_QUERY_SYNTAX for a duration that is none, TM_QUERY_DEPTH
 */
export function prepare(expr: Expr, query: QueryTimes, depthLimit: number): Expr {
  refuseDeep(expr, depthLimit)
  return fixedOnce(resolve(expr, query))
}

/** Whether a query is prepared in another way for other times. */
export function dependsOnTimes(expr: Expr): boolean {
  switch (expr.type) {
    case 'vector':
      return isTimed(expr)
    case 'matrix':
      return expr.rangeExpr !== undefined || isTimed(expr.vector)
    case 'subquery':
      return expr.rangeExpr !== undefined || expr.stepExpr !== undefined || isTimed(expr) || dependsOnTimes(expr.expr)
    case 'call':
      return (expr.args.length === 0 && Object.hasOwn(QUERY_TIMES, expr.func)) || expr.args.some(dependsOnTimes)
    default:
      return parts(expr).some(dependsOnTimes)
  }
}

function isTimed({ at, offsetExpr }: TimeModifiers): boolean {
  return offsetExpr !== undefined || (at !== undefined && 'preprocessor' in at)
}

function refuseDeep(expr: Expr, limit: number): void {
  const open: [Expr, number][] = [[expr, 1]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [one, depth] = next
    if (depth > limit) throw new TidemarkError('TM_QUERY_DEPTH', { depth, limit })
    for (const part of parts(one)) open.push([part, depth + 1])
  }
}

/** The expressions right inside of an expression. */
export function parts(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
      return []
    case 'call':
      return expr.args
    case 'binary':
      return [expr.left, expr.right]
    case 'aggregate':
      return expr.param ? [expr.expr, expr.param] : [expr.expr]
    default:
      return [expr.expr]
  }
}

function withParts(expr: Expr, change: (part: Expr) => Expr): Expr {
  switch (expr.type) {
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
      return expr
    case 'call':
      return { ...expr, args: expr.args.map(change) }
    case 'binary':
      return { ...expr, left: change(expr.left), right: change(expr.right) }
    case 'aggregate':
      return { ...expr, expr: change(expr.expr), param: expr.param && change(expr.param) }
    default:
      return { ...expr, expr: change(expr.expr) }
  }
}

function resolve(expr: Expr, query: QueryTimes): Expr {
  switch (expr.type) {
    case 'paren':
    case 'stepInvariant':
      return resolve(expr.expr, query)
    case 'vector':
      return resolveTime(expr, query)
    case 'matrix':
      return { ...resolveRange(expr, query), vector: resolveTime(expr.vector, query) }
    case 'subquery':
      return {
        ...resolveTime(resolveRange(expr, query), query),
        expr: resolve(expr.expr, query),
        stepMs: expr.stepExpr ? lengthOf(expr.stepExpr, query) : expr.stepMs,
        stepExpr: undefined,
      }
    case 'call':
      return queryTime(expr, query) ?? withParts(expr, (part) => resolve(part, query))
    default:
      return withParts(expr, (part) => resolve(part, query))
  }
}

function resolveRange<Ranged extends MatrixSelector | Subquery>(ranged: Ranged, query: QueryTimes): Ranged {
  if (!ranged.rangeExpr) return ranged
  return { ...ranged, rangeMs: lengthOf(ranged.rangeExpr, query), rangeExpr: undefined }
}

function resolveTime<Timed extends TimeModifiers>(timed: Timed, query: QueryTimes): Timed {
  if (!isTimed(timed)) return timed
  const { at, offsetExpr } = timed
  const resolved: Timed = { ...timed, offsetExpr: undefined }
  if (offsetExpr) resolved.offsetMs = offsetOf(offsetExpr, query)
  if (at && 'preprocessor' in at) resolved.at = { timeMs: at.preprocessor === 'start' ? query.startMs : query.endMs }
  return resolved
}

function queryTime({ func, args, span }: Call, query: QueryTimes): NumberLiteral | undefined {
  if (args.length > 0 || !Object.hasOwn(QUERY_TIMES, func)) return undefined
  return { type: 'number', value: QUERY_TIMES[func](query) / 1000, span }
}

/** Wraps the largest parts that are the same at every step. */
function fixedOnce(expr: Expr): Expr {
  if (!isFixed(expr)) return withParts(expr, fixedOnce)
  const whole = belowFixed(expr)
  // Literals cost nothing, and ranges have no value at a step.
  const needsNoWrap = ['number', 'string', 'matrix', 'subquery'].includes(whole.type)
  return needsNoWrap ? whole : { type: 'stepInvariant', expr: whole, span: whole.span }
}

/** What is fixed as a whole has one step; only a subquery in it has a grid of its own. */
function belowFixed(expr: Expr): Expr {
  return withParts(expr, expr.type === 'subquery' ? fixedOnce : belowFixed)
}

function isFixed(expr: Expr): boolean {
  switch (expr.type) {
    case 'number':
    case 'string':
      return true
    case 'vector':
      return expr.at !== undefined
    case 'matrix':
      return expr.vector.at !== undefined
    case 'subquery':
      return expr.at !== undefined
    case 'call':
      return !TELL_TIME.has(expr.func) && expr.args.every(isFixed)
    case 'aggregate':
      return isFixed(expr.expr) && (expr.param === undefined || isFixed(expr.param))
    case 'binary':
      return isFixed(expr.left) && isFixed(expr.right)
    default:
      return isFixed(expr.expr)
  }
}

/** The selector that stands directly there. */
export function directSelector(expr: Expr): VectorSelector | undefined {
  const inner = expr.type === 'stepInvariant' ? expr.expr : expr
  return inner.type === 'vector' ? inner : undefined
}
