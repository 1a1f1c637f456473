import { INFO } from '../annotations.js'
import type { Call, MatrixSelector, Span, Subquery } from '../ast.js'
import { executionError } from '../errors.js'
import { HISTOGRAM_FUNCTIONS } from '../functions/histogram/index.js'
import type { RangeCall, RangeFunction } from '../functions/range/function.js'
import { RANGE_FUNCTIONS } from '../functions/range/index.js'
import { absentLabels } from '../functions/vector/absent-labels.js'
import { VECTOR_FUNCTIONS } from '../functions/vector/index.js'
import { type LabelSet, labelValue, METRIC_NAME } from '../labels.js'
import { isCounterName } from './counter-names.js'
import type { Evaluation } from './evaluation.js'
import type { RangeSeries } from './range-series.js'
import { MovingView } from './range-view.js'
import { evaluateRange, type RangeVector } from './ranges.js'
import { startTimestamps, timestamps } from './timestamps.js'
import { ABSENT, type Evaluated, FLOAT, StepSeries } from './values.js'

/** Work, in rows that are just read, between two looks at the clock. */
const STRETCH = 20_000

/** A histogram, and a row of a costly function, takes as long as so many rows. */
const COSTLY = 20

/** Where Prometheus sees what is wrong with the points of a subquery: they have lost their place in the query. */
const OF_SUBQUERIES: Span = { from: 0, to: 0 }

/** A function call over a grid. */
export async function evaluateCall(expr: Call, evaluation: Evaluation): Promise<Evaluated> {
  if (expr.func === 'timestamp') return timestamps(expr, evaluation)
  if (expr.func === 'start_timestamp') return startTimestamps(expr, evaluation)
  const range = expr.args.find((arg) => arg.type === 'matrix' || arg.type === 'subquery')
  if (range) return { type: 'vector', series: await callRange(expr, range, evaluation) }
  const args: Evaluated[] = []
  // The second argument of info() is never read as a selector: its matchers narrow what info() itself selects.
  for (const arg of expr.func === 'info' ? expr.args.slice(0, 1) : expr.args) args.push(await evaluation.evaluate(arg))
  const vectorFunction = VECTOR_FUNCTIONS[expr.func] ?? HISTOGRAM_FUNCTIONS[expr.func]
  if (!vectorFunction) throw executionError(`unknown function with name ${JSON.stringify(expr.func)}`)
  return vectorFunction({ expr, args, context: evaluation })
}

async function callRange(expr: Call, arg: MatrixSelector | Subquery, evaluation: Evaluation): Promise<StepSeries[]> {
  const rangeFunction = RANGE_FUNCTIONS[expr.func]
  if (!rangeFunction) throw executionError(`unknown function with name ${JSON.stringify(expr.func)}`)
  if (arg.type === 'matrix') refuseExtent(expr.func, rangeFunction, arg.vector.extent)
  const params: Float64Array[] = []
  for (const param of expr.args) {
    if (param === arg) continue
    const evaluated = await evaluation.evaluate(param)
    if (evaluated.type === 'scalar') params.push(evaluated.value)
  }
  const range = await evaluateRange(arg, evaluation, { func: expr.func })
  const { rangeMs, extent } = range
  const { annotations } = evaluation
  const span = arg.type === 'subquery' && arg === expr.args[0] ? OF_SUBQUERIES : expr.args[0].span
  const pace = (samples: number) => evaluation.pace(samples)
  const call: RangeCall = { span, rangeMs, extent, params, annotations, pace }
  const results: StepSeries[] = []
  const told = new Set<string>()
  for (const series of range.series) {
    const wait = evaluation.spend(evaluation.grid.steps)
    if (wait) await wait
    const result = await overSteps(rangeFunction, series, range, call, evaluation)
    if (result.isEmpty()) continue
    results.push(result)
    if (rangeFunction.ofCounters) informOfNonCounter(series, result, call, told)
  }
  return expr.func === 'absent_over_time' ? [await absence(absentLabels(arg), results, evaluation)] : results
}

/** Some modifiers make sense with some functions only. */
function refuseExtent(func: string, { extents }: RangeFunction, extent: RangeCall['extent']): void {
  if (extent === undefined || extents?.includes(extent)) return
  const able = Object.keys(RANGE_FUNCTIONS).filter((name) => RANGE_FUNCTIONS[name].extents?.includes(extent))
  throw executionError(`${extent} modifier can only be used with: ${able.sort().join(', ')} - not with ${func}`)
}

async function overSteps(
  rangeFunction: RangeFunction,
  series: RangeSeries,
  range: RangeVector,
  call: RangeCall,
  evaluation: Evaluation,
): Promise<StepSeries> {
  const { grid } = evaluation
  const out = new StepSeries(series.labels, grid.steps, series.dropName || !rangeFunction.keepsName)
  const evaluate = rangeFunction.of(series, call)
  const view = new MovingView(series, range.reach)
  let looked = 0
  for (let step = 0; step < grid.steps; step++) {
    const endMs = range.endMs[step]
    view.step = step
    view.atMs = grid.startMs + step * grid.stepMs
    view.moveTo(endMs - range.rangeMs, endMs)
    const { size } = view
    if (size === 0) continue
    if (size > STRETCH) await evaluation.pace(STRETCH)
    const pending = evaluate(view, out)
    if (pending) await pending
    evaluation.count(step, size)
    looked += rangeFunction.isCostly || view.histogramTo > 0 ? size * COSTLY : size
    if (looked < STRETCH) continue
    await evaluation.pace(looked)
    looked = 0
  }
  const wait = evaluation.pace(looked)
  if (wait) await wait
  return out
}

/**
 * Who takes the rate of a gauge has mostly taken the wrong metric. Names and, where there are any, types tell.
 * @param told metrics without a type that were looked at already: their other series say the same
 */
function informOfNonCounter(
  { labels, floats }: RangeSeries,
  result: StepSeries,
  { annotations, span }: RangeCall,
  told: Set<string>,
): void {
  const metric = labelValue(labels, METRIC_NAME)
  if (metric === '' || floats.windows?.kind === 'event' || !result.present.includes(FLOAT)) return
  const type = labelValue(labels, '__type__')
  if (type !== '') {
    if (type === 'counter' || type === 'histogram') return
    annotations.inform(INFO.possibleNonCounterLabel(metric, type), span)
  } else if (!told.has(metric)) {
    told.add(metric)
    if (!isCounterName(metric)) annotations.inform(INFO.possibleNonCounter(metric), span)
  }
}

/** 1 where no series has anything. */
async function absence(labels: LabelSet, present: readonly StepSeries[], evaluation: Evaluation): Promise<StepSeries> {
  const { steps } = evaluation.grid
  const absent = new StepSeries(labels, steps, true)
  absent.present.fill(FLOAT)
  absent.value.fill(1)
  for (const series of present) {
    await evaluation.pace(steps)
    for (let step = 0; step < steps; step++) if (series.present[step] !== ABSENT) absent.present[step] = ABSENT
  }
  return absent
}
