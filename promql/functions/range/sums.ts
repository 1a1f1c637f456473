import type { NativeHistogram } from '../../../schemas/histogram.js'
import { INFO, WARNING } from '../../annotations.js'
import type { FloatRows, RangeSeries } from '../../evaluate/range-series.js'
import { HistogramSum } from '../../histogram/sum.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import { HISTOGRAM_ROWS, HISTOGRAM_WORK, type RangeCall, type RangeFunction, type RangeView } from './function.js'
import { rowSum, rowWeight, windowSum } from './weights.js'

/** Sum of the points. */
export const sumOverTime = total(sumOf, (sum) => sum.sum())

/** Mean of the points. */
export const avgOverTime = total(meanOf, (sum, histograms) => sum.mean(histograms))

function total(
  ofFloats: (rows: FloatRows, from: number, to: number) => number,
  ofHistograms: (sum: HistogramSum, histograms: number) => NativeHistogram | undefined,
): RangeFunction {
  return {
    of(series, call) {
      const { floats } = series
      return (view, out) => {
        if (view.histogramTo === view.histogramFrom) {
          out.setFloat(view.step, ofFloats(floats, view.from, view.to))
        } else if (view.to > view.from) {
          call.annotations.warn(WARNING.mixedFloatsHistograms(labelValue(series.labels, METRIC_NAME)), call.span)
        } else {
          return histogramSum(series, view, call).then((sum) => {
            const result = sum && ofHistograms(sum, view.histogramTo - view.histogramFrom)
            if (result) out.setHistogram(view.step, result)
          })
        }
        return undefined
      }
    },
  }
}

function sumOf(rows: FloatRows, from: number, to: number): number {
  if (rows.windows) return windowSum(rows, rows.windows, from, to)
  const { value } = rows
  let sum = 0
  let lost = 0
  for (let i = from; i < to; i++) {
    const add = value[i]
    const total = sum + add
    if (!Number.isFinite(total)) lost = 0
    else lost += Math.abs(sum) >= Math.abs(add) ? sum - total + add : add - total + sum
    sum = total
  }
  return sum + lost
}

/**
 * The compensated sum divided by the weight. From where the sum would overflow on, the mean is carried forward instead,
 * as in Prometheus.
 */
function meanOf(rows: FloatRows, from: number, to: number): number {
  const { value, windows } = rows
  let weight = 0
  let sum = 0
  let lost = 0
  let mean: number | undefined
  for (let i = from; i < to; i++) {
    const add = windows ? rowSum(rows, windows, i) : value[i]
    const more = windows ? rowWeight(windows, i) : 1
    const before = weight
    weight += more
    if (mean === undefined) {
      const total = sum + add
      if (i === from || !isInfinite(total)) {
        if (i > from) lost = Number.isFinite(total) ? lost + lostBits(sum, add, total) : 0
        sum = total
        continue
      }
      mean = sum / before
      lost /= before
    }
    const share = before / weight
    const old = mean * share
    const part = add / weight
    mean = old + part
    lost = isInfinite(mean) ? 0 : lost * share + lostBits(old, part, mean)
  }
  return mean === undefined ? sum / weight + lost / weight : mean + lost
}

function lostBits(sum: number, add: number, total: number): number {
  return Math.abs(sum) >= Math.abs(add) ? sum - total + add : add - total + sum
}

function isInfinite(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
}

/** The histograms of a range summed up; undefined, and a warning, if they do not mix. */
async function histogramSum(
  { labels, histograms }: RangeSeries,
  view: RangeView,
  call: RangeCall,
): Promise<HistogramSum | undefined> {
  const { annotations, span } = call
  const sum = new HistogramSum()
  for (let i = view.histogramFrom; i < view.histogramTo; i++) {
    if (i % HISTOGRAM_ROWS === 0) await call.pace(HISTOGRAM_ROWS * HISTOGRAM_WORK)
    sum.add(histograms.histogram[i])
  }
  if (sum.isMixed) {
    annotations.warn(WARNING.mixedExponentialCustom(labelValue(labels, METRIC_NAME)), span)
    return undefined
  }
  if (sum.resetCollision) annotations.warn(WARNING.counterResetCollision('aggregation'), span)
  if (sum.boundsReconciled) annotations.inform(INFO.mismatchedCustomBuckets('aggregation'), span)
  return sum
}
