import { type Annotations, WARNING } from '../annotations.js'
import type { VectorSelector } from '../ast.js'
import { interpolated } from '../functions/range/extended-growth.js'
import { interpolatedHistogram } from '../functions/range/extended-histogram-growth.js'
import { hasCustomBuckets } from '../histogram/bounds.js'
import { labelValue, METRIC_NAME } from '../labels.js'
import type { Grid } from './context.js'
import type { HistogramRows, RangeSeries } from './range-series.js'
import { MovingView } from './range-view.js'
import { readTime } from './selection.js'
import { StepSeries } from './values.js'

/**
 * A `smoothed` instant selector: the value between the points around each step, which may lie a lookback before or
 * after it. Before the first point there is none, behind the last one it stays.
 */
export function smoothedSteps(
  series: RangeSeries,
  selector: VectorSelector,
  grid: Grid,
  lookbackMs: number,
  annotations: Annotations,
): StepSeries {
  const { floats, histograms } = series
  const { span } = selector
  const metric = labelValue(series.labels, METRIC_NAME)
  const out = new StepSeries(series.labels, grid.steps)
  const view = new MovingView(series, { beforeMs: 0, afterMs: lookbackMs })
  for (let step = 0; step < grid.steps; step++) {
    const atMs = readTime(selector, grid, step)
    view.moveTo(atMs - lookbackMs, atMs)
    if (view.to > view.from && view.histogramTo > view.histogramFrom) {
      annotations.warn(WARNING.mixedFloatsHistograms(metric), span)
    } else if (view.to > view.from) {
      const value = floatAt(floats.timeMs, floats.value, view.from, view.to, atMs)
      if (value !== undefined) out.setFloat(step, value)
    } else if (view.histogramTo > view.histogramFrom) {
      const noted = { annotations, span }
      const value = histogramAt(histograms, view.histogramFrom, view.histogramTo, atMs, metric, noted)
      if (value) out.setHistogram(step, value)
    }
  }
  return out
}

function floatAt(timeMs: Float64Array, value: Float64Array, from: number, to: number, atMs: number) {
  const next = rowAtOrAfter(timeMs, from, to, atMs)
  if (next < to && timeMs[next] === atMs) return value[next]
  if (next === from) return undefined
  if (next === to) return value[to - 1]
  return interpolated(timeMs[next - 1], value[next - 1], timeMs[next], value[next], atMs, false)
}

function histogramAt(
  { timeMs, histogram }: HistogramRows,
  from: number,
  to: number,
  atMs: number,
  metric: string,
  noted: Parameters<typeof interpolatedHistogram>[5],
) {
  const next = rowAtOrAfter(timeMs, from, to, atMs)
  if (next < to && timeMs[next] === atMs) return histogram[next]
  if (next === from) return undefined
  // What is known of a reset is known of neighbouring points, not of a value that stays.
  if (next === to) return { ...histogram[to - 1], counterReset: 'unknown' as const }
  const before = { timeMs: timeMs[next - 1], histogram: histogram[next - 1] }
  const after = { timeMs: timeMs[next], histogram: histogram[next] }
  if (hasCustomBuckets(before.histogram) !== hasCustomBuckets(after.histogram)) {
    noted.annotations.warn(WARNING.mixedExponentialCustom(metric), noted.span)
    return undefined
  }
  const isCounter = before.histogram.counterReset !== 'gauge' || after.histogram.counterReset !== 'gauge'
  return interpolatedHistogram(before, after, atMs, isCounter, metric, noted)
}

function rowAtOrAfter(timeMs: Float64Array, from: number, to: number, atMs: number): number {
  let row = from
  while (row < to && timeMs[row] < atMs) row++
  return row
}
