import type { NativeHistogram } from '../../../schemas/histogram.js'
import { INFO, WARNING } from '../../annotations.js'
import type { RangeSeries } from '../../evaluate/range-series.js'
import { subtractHistograms } from '../../histogram/combine.js'
import { compactHistogram } from '../../histogram/compact.js'
import { detectReset } from '../../histogram/reset.js'
import { divideHistogram } from '../../histogram/scale.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import type { RangeCall, RangeFunction, RangeView } from './function.js'
import { startsAnew } from './start-time.js'

/** irate and idelta: from the last point but one to the last. */
export const irate = lastStep(true)
export const idelta = lastStep(false)

function lastStep(isCounter: boolean): RangeFunction {
  return {
    of(series, call) {
      const { floats, histograms } = series
      const { timeMs, value, startMs } = floats
      const metric = labelValue(series.labels, METRIC_NAME)
      return (view, out) => {
        const kind = kindOfLastTwo(series, view)
        if (kind === 'mixed') call.annotations.warn(WARNING.mixedFloatsHistograms(metric), call.span)
        if (kind === 'floats') {
          const b = view.to - 1
          const a = b - 1
          const isReset =
            value[b] < value[a] || (startMs !== undefined && startsAnew(startMs[a], timeMs[a], startMs[b], timeMs[b]))
          const step = isCounter && isReset ? value[b] : value[b] - value[a]
          out.setFloat(view.step, isCounter ? step / ((timeMs[b] - timeMs[a]) / 1000) : step)
        }
        if (kind === 'histograms') {
          const b = view.histogramTo - 1
          const step = histogramStep(isCounter, metric, series, b, call)
          const seconds = (histograms.timeMs[b] - histograms.timeMs[b - 1]) / 1000
          if (step) out.setHistogram(view.step, isCounter ? divideHistogram(step, seconds) : step)
        }
      }
    },
  }
}

function kindOfLastTwo({ floats, histograms }: RangeSeries, view: RangeView) {
  const isFloat = (back: number) => view.to - back >= view.from
  const isHistogram = (back: number) => view.histogramTo - back >= view.histogramFrom
  if (isFloat(2) && (!isHistogram(1) || floats.timeMs[view.to - 2] > histograms.timeMs[view.histogramTo - 1])) {
    return 'floats'
  }
  if (isHistogram(2) && (!isFloat(1) || histograms.timeMs[view.histogramTo - 2] > floats.timeMs[view.to - 1])) {
    return 'histograms'
  }
  return isFloat(1) && isHistogram(1) ? 'mixed' : 'none'
}

function histogramStep(
  isCounter: boolean,
  metric: string,
  { histograms: { timeMs, histogram, startMs } }: RangeSeries,
  b: number,
  { annotations, span }: RangeCall,
): NativeHistogram | undefined {
  const [before, now] = [histogram[b - 1], histogram[b]]
  const isGauge = ({ counterReset }: NativeHistogram) => counterReset === 'gauge'
  if (isCounter && (isGauge(before) || isGauge(now))) annotations.warn(WARNING.notCounter(metric), span)
  if (!isCounter && !(isGauge(before) && isGauge(now))) annotations.warn(WARNING.notGauge(metric), span)
  const isReset =
    (startMs !== undefined && startsAnew(startMs[b - 1], timeMs[b - 1], startMs[b], timeMs[b])) ||
    detectReset(now, before)
  if (isCounter && isReset) return compactHistogram({ ...now, counterReset: 'gauge' })
  const difference = subtractHistograms(now, before)
  if (difference === undefined) {
    annotations.warn(WARNING.mixedExponentialCustom(metric), span)
    return undefined
  }
  if (difference.boundsReconciled) annotations.inform(INFO.mismatchedCustomBuckets('subtraction'), span)
  return compactHistogram({ ...difference.histogram, counterReset: 'gauge' })
}
