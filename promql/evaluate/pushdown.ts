import {
  PUSHDOWN_FUNCTIONS,
  type PushdownAggregate,
  type PushdownAnswer,
  type PushdownFunction,
  type PushdownRequest,
} from '../../schemas/ports/series-source.js'
import type { Aggregate, Expr, Span, VectorSelector } from '../ast.js'
import { isMetadataLabel, labelsKey, METRIC_NAME, setLabel } from '../labels.js'
import type { Grid } from './context.js'
import { isCounterName } from './counter-names.js'
import { FLOAT, StepSeries } from './values.js'

/** A part of a query that a source may compute, and what its series lose for the engine to give back. */
export interface Pushdown {
  request: PushdownRequest
  /** The metric name that series have until the end of the evaluation. */
  name?: string
  dropName: boolean
  /** Set if readings of this metric are taken for a counter's, though its name does not say so. */
  nonCounter?: { metric: string; span: Span }
}

const AGGREGATES: readonly string[] = ['sum', 'count', 'min', 'max', 'avg', 'group'] satisfies PushdownAggregate['op'][]

/** What a source is to be asked for instead of this expression; undefined if the engine has to evaluate it. */
export function pushdownOf(expr: Expr, grid: Grid, lookbackMs: number): Pushdown | undefined {
  if (expr.type !== 'aggregate') return overSelector(expr, grid, lookbackMs)
  const aggregate = aggregateOf(expr)
  const inner = aggregate && overSelector(expr.expr, grid, lookbackMs, true)
  return inner && { ...inner, request: { ...inner.request, aggregate } }
}

/** The results as the engine has series, on a grid of so many steps: those that were not answered are absent. */
export function pushedSeries(
  { series: results }: PushdownAnswer,
  { name, dropName }: Pushdown,
  steps: number,
): StepSeries[] {
  return results.map(({ labels, value, present, histogram }) => {
    const series = new StepSeries(name ? setLabel(labels, METRIC_NAME, name) : labels, steps, dropName)
    series.value.set(value)
    for (let step = 0; step < present.length; step++) {
      const one = histogram?.[step]
      if (one) series.setHistogram(step, one)
      else if (present[step] === 1) series.present[step] = FLOAT
    }
    return series
  })
}

/** The steps of a grid from `first` on. */
export function stepsFrom({ startMs, stepMs, steps }: Grid, first: number): Grid {
  return { startMs: startMs + first * stepMs, stepMs, steps: steps - first }
}

/** Puts what the engine found at the steps from `first` on behind what the source found before them. */
export function joinSteps(pushed: StepSeries[], later: readonly StepSeries[], first: number, steps: number): void {
  const byLabels = new Map(pushed.map((series) => [labelsKey(series.labels), series]))
  for (const { labels, dropName, present, value, histogram } of later) {
    let series = byLabels.get(labelsKey(labels))
    if (!series) {
      series = new StepSeries(labels, steps, dropName)
      pushed.push(series)
    }
    series.present.set(present, first)
    series.value.set(value, first)
    if (histogram) {
      const before = series.histogram
      series.histogram = [...Array.from({ length: first }, (_, step) => before?.[step]), ...histogram]
    }
  }
}

/** Names are not known to sources that merge windows. */
function aggregateOf({ op, labels, without }: Aggregate): PushdownAggregate | undefined {
  if (!AGGREGATES.includes(op) || labels.some(isMetadataLabel)) return undefined
  return { op: op as PushdownAggregate['op'], by: !without, labels: [...labels].sort() }
}

function overSelector(expr: Expr, grid: Grid, lookbackMs: number, isAggregated = false): Pushdown | undefined {
  if (expr.type === 'vector') {
    const request = requestOf(expr, grid, lookbackMs, 'last')
    return request && { request, dropName: false }
  }
  if (expr.type !== 'call' || !isPushed(expr.func)) return undefined
  const matrix = expr.args.find((arg) => arg.type === 'matrix')
  const request = matrix && requestOf(matrix.vector, grid, matrix.rangeMs, expr.func)
  if (!request) return undefined
  const name = matrix.vector.matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.op === '=')?.value
  const isGrowth = expr.func === 'rate' || expr.func === 'increase'
  // Series of several names may become the same without them, and each is to be told of that is no counter.
  if ((!isAggregated || isGrowth) && !name) return undefined
  const [parameter] = expr.args
  if (expr.func === 'quantile_over_time') {
    if (parameter.type !== 'number' || !(parameter.value >= 0 && parameter.value <= 1)) return undefined
    request.parameter = parameter.value
  }
  const found: Pushdown = { request, name: isAggregated ? undefined : name, dropName: true }
  if (isGrowth && name && !isCounterName(name)) found.nonCounter = { metric: name, span: expr.args[0].span }
  return found
}

function isPushed(func: string): func is PushdownFunction {
  return func !== 'last' && (PUSHDOWN_FUNCTIONS as readonly string[]).includes(func)
}

function requestOf(
  { matchers, at, extent, offsetMs }: VectorSelector,
  { startMs, stepMs, steps }: Grid,
  widthMs: number,
  func: PushdownFunction,
): PushdownRequest | undefined {
  if (at || extent) return undefined
  return { matchers, grid: { startMs, endMs: startMs + (steps - 1) * stepMs, stepMs }, offsetMs, widthMs, func }
}
