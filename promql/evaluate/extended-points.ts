import type { MatrixSelector } from '../ast.js'
import { interpolated, rangeEnds } from '../functions/range/extended-growth.js'
import { interpolatedHistogram } from '../functions/range/extended-histogram-growth.js'
import { labelValue, METRIC_NAME } from '../labels.js'
import type { Evaluation } from './evaluation.js'
import type { FloatRows, HistogramRows, RangeSeries } from './range-series.js'
import { MovingView } from './range-view.js'
import type { RangeVector } from './ranges.js'

/**
 * The points of a range selector for an instant query. An `anchored` or `smoothed` one has a point at both edges of its
 * range: the nearest before (anchored) or the value between the points around it (smoothed).
 */
export function extendedPoints(range: RangeVector, expr: MatrixSelector, evaluation: Evaluation): RangeSeries[] {
  const { extent } = range
  if (extent === undefined) return range.series
  const smoothed = extent === 'smoothed'
  const noted = { annotations: evaluation.annotations, span: expr.span }
  return range.series.map((series) => {
    const view = new MovingView(series, range.reach)
    view.moveTo(range.endMs[0] - range.rangeMs, range.endMs[0])
    const metric = labelValue(series.labels, METRIC_NAME)
    return {
      ...series,
      floats: extendedFloats(series.floats, view, smoothed),
      histograms: extendedHistograms(series.histograms, view, smoothed, metric, noted),
    }
  })
}

function extendedFloats({ timeMs, value }: FloatRows, view: MovingView, smoothed: boolean): FloatRows {
  const none = { timeMs: new Float64Array(0), value: new Float64Array(0) }
  const ends = view.to > view.from ? rangeEnds(timeMs, view.from, view.to, view, smoothed) : undefined
  if (!ends) return none
  const between = (row: number, atMs: number) =>
    interpolated(timeMs[row], value[row], timeMs[row + 1], value[row + 1], atMs, false)
  const { first, last } = ends
  const left = smoothed && timeMs[first] < view.startMs ? between(first, view.startMs) : value[first]
  const isBeyond = smoothed && last > view.from && timeMs[last] > view.endMs
  const right = isBeyond ? between(last - 1, view.endMs) : value[last]
  const inner = innerRows(timeMs, first, last, view)
  return {
    timeMs: Float64Array.from([view.startMs, ...timeMs.subarray(inner.from, inner.to), view.endMs]),
    value: Float64Array.from([left, ...value.subarray(inner.from, inner.to), right]),
  }
}

function extendedHistograms(
  rows: HistogramRows,
  view: MovingView,
  smoothed: boolean,
  metric: string,
  noted: Parameters<typeof interpolatedHistogram>[5],
): HistogramRows {
  const { timeMs, histogram } = rows
  const none = { ...rows, timeMs: new Float64Array(0), histogram: [] }
  const { histogramFrom, histogramTo } = view
  const ends = histogramTo > histogramFrom ? rangeEnds(timeMs, histogramFrom, histogramTo, view, smoothed) : undefined
  if (!ends) return none
  const between = (row: number, atMs: number) => {
    const before = { timeMs: timeMs[row], histogram: histogram[row] }
    const after = { timeMs: timeMs[row + 1], histogram: histogram[row + 1] }
    return interpolatedHistogram(before, after, atMs, false, metric, noted)
  }
  const { first, last } = ends
  const left = smoothed && timeMs[first] < view.startMs ? between(first, view.startMs) : histogram[first]
  const isBeyond = smoothed && last > histogramFrom && timeMs[last] > view.endMs
  const right = isBeyond ? between(last - 1, view.endMs) : histogram[last]
  if (!left || !right) return none
  const inner = innerRows(timeMs, first, last, view)
  return {
    timeMs: Float64Array.from([view.startMs, ...timeMs.subarray(inner.from, inner.to), view.endMs]),
    histogram: [left, ...histogram.slice(inner.from, inner.to), right],
    areOccurrences: rows.areOccurrences,
  }
}

/** Rows strictly between the edges. */
function innerRows(timeMs: Float64Array, first: number, last: number, view: MovingView): { from: number; to: number } {
  const from = timeMs[first] <= view.startMs ? first + 1 : first
  const to = timeMs[last] >= view.endMs ? last : last + 1
  return { from, to: Math.max(from, to) }
}
