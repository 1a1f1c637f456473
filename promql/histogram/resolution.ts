import type { NativeHistogram } from '../../schemas/histogram.js'
import { hasCustomBuckets } from './bounds.js'
import { regroupBuckets } from './buckets.js'

/** Index of the same bucket `levels` schemas coarser. */
export function coarserIndex(index: number, levels: number): number {
  return ((index - 1) >> levels) + 1
}

/**
 * The histogram at a coarser exponential schema: neighbours become one bucket.
 * The histogram itself where it is as coarse already or has custom buckets.
 */
export function reduceResolution(histogram: NativeHistogram, schema: number): NativeHistogram {
  if (hasCustomBuckets(histogram) || histogram.schema <= schema) return histogram
  const levels = histogram.schema - schema
  const coarser = (index: number) => coarserIndex(index, levels)
  return {
    ...histogram,
    schema,
    positive: regroupBuckets(histogram.positive, coarser),
    negative: regroupBuckets(histogram.negative, coarser),
  }
}
