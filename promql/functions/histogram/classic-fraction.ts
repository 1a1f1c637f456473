import type { ClassicBuckets } from './classic-buckets.js'

/**
 * The fraction of the observations in classic buckets that lies between two bounds, interpolated linearly: NaN where
 * there is no +Inf bucket, no observation or a bound is NaN (Prometheus, histogram_fraction).
 */
export function classicFraction(lower: number, upper: number, buckets: ClassicBuckets): number {
  if (!buckets.hasAll()) return Number.NaN
  const total = buckets.total()
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
  if (lower >= upper) return 0
  return (Math.min(countBelow(buckets, upper), total) - Math.min(countBelow(buckets, lower), total)) / total
}

/** Observations below `bound`; Infinity if no bucket reaches above it. */
function countBelow({ length, upper, count }: ClassicBuckets, bound: number): number {
  let rank = 0
  let start = upper[0] > 0 ? 0 : Number.NEGATIVE_INFINITY
  for (let i = 0; i < length; i++) {
    if (start >= bound) return rank
    if (upper[i] > bound) {
      if (start === Number.NEGATIVE_INFINITY) return count[i]
      return rank + ((count[i] - rank) * (bound - start)) / (upper[i] - start)
    }
    rank = count[i]
    start = upper[i]
  }
  return Number.POSITIVE_INFINITY
}
