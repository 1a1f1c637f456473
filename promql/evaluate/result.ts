import type { NativeHistogram } from '../../schemas/histogram.js'
import { compareLabels, type LabelSet } from '../labels.js'
import type { Wait } from './budget.js'
import type { Grid } from './context.js'
import type { RangeSeries } from './range-series.js'
import { type Evaluated, FLOAT, HISTOGRAM, type StepSeries } from './values.js'

/** One series of an instant vector. */
export interface VectorSample {
  labels: LabelSet
  /** The evaluation time, ms. */
  timeMs: number
  /** Says nothing where there is a histogram. */
  value: number
  histogram?: NativeHistogram
}

/** One series of a matrix: its floats and its histograms, each at ascending times (ms), no time in both. */
export interface MatrixSeries {
  labels: LabelSet
  timeMs: Float64Array
  value: Float64Array
  histogramMs: Float64Array
  histogram: readonly NativeHistogram[]
}

/** What a query evaluates to. */
export type Value =
  | { type: 'scalar'; timeMs: number; value: number }
  | { type: 'string'; timeMs: number; value: string }
  /** In the order of the evaluation: that of sort() and topk() is kept. */
  | { type: 'vector'; samples: VectorSample[] }
  /** Sorted by labels. */
  | { type: 'matrix'; series: MatrixSeries[] }

/** The value at the only step of an instant query. */
export function instantValue(evaluated: Evaluated, timeMs: number): Value {
  if (evaluated.type === 'scalar') return { type: 'scalar', timeMs, value: evaluated.value[0] }
  if (evaluated.type === 'string') return { type: 'string', timeMs, value: evaluated.value }
  const samples: VectorSample[] = []
  for (const { labels, present, value, histogram } of evaluated.series) {
    if (present[0] === FLOAT) samples.push({ labels, timeMs, value: value[0] })
    if (present[0] === HISTOGRAM) samples.push({ labels, timeMs, value: 0, histogram: histogram?.[0] })
  }
  return { type: 'vector', samples }
}

/** The values at every step of a range query. @param pace is called between series */
export async function gridValue(evaluated: Evaluated, grid: Grid, pace: (samples: number) => Wait): Promise<Value> {
  if (evaluated.type === 'string') throw new Error('a string has no values on a grid')
  if (evaluated.type === 'scalar') {
    const timeMs = evaluated.value.map((_, step) => grid.startMs + step * grid.stepMs)
    return matrix([{ labels: [], timeMs, value: evaluated.value, histogramMs: new Float64Array(0), histogram: [] }])
  }
  const series: MatrixSeries[] = []
  for (const one of evaluated.series) {
    const wait = pace(grid.steps)
    if (wait) await wait
    series.push(onGrid(one, grid))
  }
  return matrix(series)
}

/** The points of a range selector or a subquery. */
export function rangeValue(series: readonly RangeSeries[]): Value {
  return matrix(
    series.map(({ labels, floats, histograms }) => ({
      labels,
      timeMs: floats.timeMs,
      value: floats.value,
      histogramMs: histograms.timeMs,
      histogram: histograms.histogram,
    })),
  )
}

/** Points of all series. */
export function countSamples(value: Value): number {
  if (value.type === 'vector') return value.samples.length
  if (value.type !== 'matrix') return 1
  return value.series.reduce((total, { timeMs, histogram }) => total + timeMs.length + histogram.length, 0)
}

function onGrid({ labels, present, value, histogram }: StepSeries, grid: Grid): MatrixSeries {
  let floats = 0
  let histograms = 0
  for (let step = 0; step < present.length; step++) {
    if (present[step] === FLOAT) floats++
    else if (present[step] === HISTOGRAM) histograms++
  }
  const result: Omit<MatrixSeries, 'histogram'> & { histogram: NativeHistogram[] } = {
    labels,
    timeMs: new Float64Array(floats),
    value: new Float64Array(floats),
    histogramMs: new Float64Array(histograms),
    histogram: [],
  }
  let at = 0
  for (let step = 0; step < present.length; step++) {
    const timeMs = grid.startMs + step * grid.stepMs
    if (present[step] === FLOAT) {
      result.timeMs[at] = timeMs
      result.value[at++] = value[step]
    } else if (present[step] === HISTOGRAM) {
      result.histogramMs[result.histogram.length] = timeMs
      result.histogram.push((histogram as NativeHistogram[])[step])
    }
  }
  return result
}

function matrix(series: MatrixSeries[]): Value {
  const filled = series.filter(({ timeMs, histogram }) => timeMs.length + histogram.length > 0)
  return { type: 'matrix', series: filled.sort((a, b) => compareLabels(a.labels, b.labels)) }
}
