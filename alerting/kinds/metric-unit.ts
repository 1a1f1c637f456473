import type { Expr } from '../../promql/ast.js'
import type { Known } from './known.js'
import { PERCENT, RATIO, type Unit, unitNamed } from './quantity.js'

/** Ends of metric names, and the unit that they stand for. */
const SUFFIXES: readonly [RegExp, string][] = [
  [/_(seconds|sec)$/, 's'],
  [/_(milliseconds|millis|ms)$/, 'ms'],
  [/_(microseconds|micros|us)$/, 'us'],
  [/_(nanoseconds|nanos|ns)$/, 'ns'],
  [/_bytes$/, 'B'],
  [/_(megabytes|mb)$/, 'MB'],
  [/_(percent|pct|percentage)$/, '%'],
  [/_(ratio|fraction)$/, 'ratio'],
]
/** What is added to names without changing what they count in. */
const ADDED = /_(total|sum|bucket|max|min|avg|mean|p\d+)$|:(p\d+|sum|min|max|avg|last|first|increase|histogram)$/
/** Calls whose value is in the unit of what they are applied to. */
const KEEPS =
  /^(abs|ceil|floor|round|clamp|clamp_min|clamp_max|sort|sort_desc|delta|idelta|increase|(avg|min|max|sum|quantile|stddev|last|first|mad)_over_time|label_replace|label_join)$/
const PER_SECOND: ReadonlySet<string> = new Set(['rate', 'irate', 'deriv'])
/** Calls whose value is in the unit of what a histogram has observed, however its buckets were rated and summed. */
const OF_OBSERVATIONS: ReadonlySet<string> = new Set(['histogram_quantile', 'histogram_avg'])
const AGGREGATES: ReadonlySet<string> = new Set(['sum', 'avg', 'min', 'max', 'topk', 'bottomk', 'quantile', 'stddev'])

/** What the values of an expression are in, as far as senders, names and arithmetic tell; undefined if they do not. */
export function unitOf(expr: Expr, known: Known): Unit | undefined {
  switch (expr.type) {
    case 'vector':
      return unitOfMetric(metricName(expr), known)
    case 'matrix':
      return unitOf(expr.vector, known)
    case 'subquery':
    case 'paren':
    case 'unary':
    case 'stepInvariant':
      return unitOf(expr.expr, known)
    case 'aggregate':
      return AGGREGATES.has(expr.op) ? unitOf(expr.expr, known) : undefined
    case 'call':
      return unitOfCall(expr, known)
    case 'binary':
      return unitOfBinary(expr, known)
    default:
      return undefined
  }
}

/** The name that a selector fixes. */
export function metricName(expr: Expr): string | undefined {
  if (expr.type !== 'vector') return undefined
  return expr.matchers.find(({ name, op }) => name === '__name__' && op === '=')?.value
}

function unitOfMetric(name: string | undefined, known: Known): Unit | undefined {
  if (name === undefined) return undefined
  const plain = name.replace(ADDED, '')
  const told = known.metric(name)?.unit || known.metric(plain)?.unit
  const unit = told ? unitNamed(told) : undefined
  if (unit) return unit
  const suffix = SUFFIXES.find(([pattern]) => pattern.test(name) || pattern.test(plain))
  return suffix && unitNamed(suffix[1])
}

function unitOfCall({ func, args }: Extract<Expr, { type: 'call' }>, known: Known): Unit | undefined {
  const subject = args.find((arg) => arg.type !== 'number' && arg.type !== 'string')
  if (!subject) return undefined
  if (OF_OBSERVATIONS.has(func)) return unitOf(observed(subject), known)
  const unit = unitOf(subject, known)
  // Seconds a second are a ratio: the CPU time of a process is its share of a core.
  if (PER_SECOND.has(func)) return unit?.family === 'time' && unit.factor === 1 ? RATIO : unit
  return KEEPS.test(func) ? unit : undefined
}

/** The selector inside of calls and aggregations. */
function observed(expr: Expr): Expr {
  if (expr.type === 'call' && expr.args.length > 0) return observed(expr.args[expr.args.length - 1])
  return expr.type === 'aggregate' || expr.type === 'paren' ? observed(expr.expr) : expr
}

function unitOfBinary({ op, left, right }: Extract<Expr, { type: 'binary' }>, known: Known): Unit | undefined {
  const [one, other] = [unitOf(left, known), unitOf(right, known)]
  if (op === '/') {
    if (right.type === 'number') return undefined
    return one?.family === other?.family ? RATIO : undefined
  }
  if (op === '*') {
    const factor = [left, right].find((side) => side.type === 'number')
    const ratio = [one, other].find((unit) => unit?.family === 'ratio' && unit.factor === 1)
    return factor?.type === 'number' && factor.value === 100 && ratio ? PERCENT : undefined
  }
  return one ?? other
}
