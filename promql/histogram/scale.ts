import type { CounterReset, NativeHistogram } from '../../schemas/histogram.js'
import { mapCounts, NO_BUCKETS } from './buckets.js'

/** Every count and the sum times `factor`. A negative factor makes a gauge of it. */
export function scaleHistogram(histogram: NativeHistogram, factor: number): NativeHistogram {
  return changed(histogram, (count) => count * factor, afterFactor(histogram, factor))
}

/** Every count and the sum divided by `divisor`. By zero no bucket is left, the rest is infinite or NaN. */
export function divideHistogram(histogram: NativeHistogram, divisor: number): NativeHistogram {
  const result = changed(histogram, (count) => count / divisor, afterFactor(histogram, divisor))
  return divisor === 0 ? { ...result, positive: NO_BUCKETS, negative: NO_BUCKETS } : result
}

function changed(
  histogram: NativeHistogram,
  change: (count: number) => number,
  counterReset: CounterReset,
): NativeHistogram {
  return {
    ...histogram,
    count: change(histogram.count),
    sum: change(histogram.sum),
    zeroCount: change(histogram.zeroCount),
    positive: mapCounts(histogram.positive, change),
    negative: mapCounts(histogram.negative, change),
    counterReset,
  }
}

function afterFactor({ counterReset }: NativeHistogram, factor: number): CounterReset {
  return factor < 0 ? 'gauge' : counterReset
}
