import type { HistogramBuckets, NativeHistogram } from '../../schemas/histogram.js'
import { exponentialBound } from './bounds.js'
import { filterBuckets } from './buckets.js'

/**
 * The exponential histogram with a zero bucket of at least this width: buckets inside it are counted there. Where the
 * width ends inside a populated bucket, the zero bucket takes that bucket in as well and ends where it ends.
 */
export function widenZeroBucket(histogram: NativeHistogram, threshold: number): NativeHistogram {
  if (threshold <= histogram.zeroThreshold) return histogram
  const { schema, positive, negative } = histogram
  let width = threshold
  for (;;) {
    const wider = Math.max(reach(schema, positive, width), reach(schema, negative, width))
    if (wider === width) break
    width = wider
  }
  const outside = (index: number) => exponentialBound(schema, index - 1) >= width
  return {
    ...histogram,
    zeroThreshold: width,
    zeroCount: histogram.zeroCount + within(schema, positive, width) + within(schema, negative, width),
    positive: filterBuckets(positive, outside),
    negative: filterBuckets(negative, outside),
  }
}

/** Both with one zero threshold, which ends inside of no populated bucket of either. */
export function equalizeZeroBuckets(a: NativeHistogram, b: NativeHistogram): [NativeHistogram, NativeHistogram] {
  let left = a
  let right = b
  while (left.zeroThreshold !== right.zeroThreshold) {
    left = widenZeroBucket(left, right.zeroThreshold)
    right = widenZeroBucket(right, left.zeroThreshold)
  }
  return [left, right]
}

/** Upper bound of the populated bucket that `width` ends in; `width` where there is none. */
function reach(schema: number, buckets: HistogramBuckets, width: number): number {
  for (let i = 0; i < buckets.index.length; i++) {
    if (exponentialBound(schema, buckets.index[i] - 1) >= width) break
    const upper = exponentialBound(schema, buckets.index[i])
    if (upper > width && buckets.count[i] !== 0) return upper
  }
  return width
}

function within(schema: number, buckets: HistogramBuckets, width: number): number {
  let total = 0
  for (let i = 0; i < buckets.index.length; i++) {
    if (exponentialBound(schema, buckets.index[i] - 1) >= width) break
    total += buckets.count[i]
  }
  return total
}
