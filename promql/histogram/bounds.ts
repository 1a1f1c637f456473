import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../schemas/histogram.js'

/** True if the bucket bounds are the histogram's own list. */
export function hasCustomBuckets({ schema }: { schema: number }): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA
}

/**
 * Upper bound of bucket `index` of an exponential schema: base^index with base = 2^(2^-schema). The bucket that ends at
 * 2^1024 ends at the largest double; what lies above it is infinite.
 */
export function exponentialBound(schema: number, index: number): number {
  const perOctave = 2 ** schema
  const octave = Math.floor(index / perOctave)
  const within = index - octave * perOctave
  if (octave === 1024 && within === 0) return Number.MAX_VALUE
  return 2 ** (within / perOctave) * 2 ** octave
}

/** Upper bound of bucket `index` of custom bounds: -Inf below the first bucket, +Inf for the last one. */
function customBound(bounds: readonly number[], index: number): number {
  if (index < 0) return Number.NEGATIVE_INFINITY
  return index < bounds.length ? bounds[index] : Number.POSITIVE_INFINITY
}

/** Upper bound (of the magnitude, for negative buckets) of bucket `index`; its lower bound is that of `index - 1`. */
export function bucketBound(histogram: NativeHistogram, index: number): number {
  return histogram.customValues !== undefined && hasCustomBuckets(histogram)
    ? customBound(histogram.customValues, index)
    : exponentialBound(histogram.schema, index)
}
