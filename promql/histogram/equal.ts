import type { HistogramBuckets, NativeHistogram } from '../../schemas/histogram.js'
import { hasCustomBuckets } from './bounds.js'
import { equalBounds } from './custom-bounds.js'

/** True if both are the same, bucket by bucket, empty ones included; what is known of resets does not matter. */
export function equalHistograms(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a === b ||
    (a.schema === b.schema &&
      Object.is(a.count, b.count) &&
      Object.is(a.sum, b.sum) &&
      a.zeroThreshold === b.zeroThreshold &&
      Object.is(a.zeroCount, b.zeroCount) &&
      (!hasCustomBuckets(a) || equalBounds(a.customValues ?? [], b.customValues ?? [])) &&
      equalBuckets(a.positive, b.positive) &&
      equalBuckets(a.negative, b.negative))
  )
}

function equalBuckets(a: HistogramBuckets, b: HistogramBuckets): boolean {
  return (
    a.index.length === b.index.length &&
    a.index.every((index, i) => index === b.index[i] && Object.is(a.count[i], b.count[i]))
  )
}
