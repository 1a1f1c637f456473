import type { MonotonicityFix } from '../../annotations.js'
import type { ClassicBuckets } from './classic-buckets.js'

/**
 * The q-quantile of classic buckets, interpolated linearly: -Inf for q < 0, +Inf for q > 1, NaN where there is no +Inf
 * bucket, no other bucket or no observation. The lowest bucket starts at 0, or gives its bound if that is not above 0;
 * the +Inf bucket gives the bound below it (Prometheus, histogram_quantile). Makes the buckets monotonic.
 */
export function classicQuantile(q: number, buckets: ClassicBuckets): { value: number; fix?: MonotonicityFix } {
  if (Number.isNaN(q) || (q >= 0 && q <= 1 && !buckets.hasAll())) return { value: Number.NaN }
  if (q < 0) return { value: Number.NEGATIVE_INFINITY }
  if (q > 1) return { value: Number.POSITIVE_INFINITY }
  const fix = buckets.makeMonotonic()
  const { upper, count } = buckets
  const last = buckets.length - 1
  const observations = buckets.total()
  if (last < 1 || observations === 0) return { value: Number.NaN, fix }
  const rank = q * observations
  const at = firstReaching(count, last, rank)
  if (at === last) return { value: upper[last - 1], fix }
  if (at === 0 && upper[0] <= 0) return { value: upper[0], fix }
  const lower = at === 0 ? 0 : upper[at - 1]
  const below = at === 0 ? 0 : count[at - 1]
  return { value: lower + (upper[at] - lower) * ((rank - below) / (count[at] - below)), fix }
}

/** The first of the ascending `counts` below `end` that reaches `rank`; `end` if none does. */
function firstReaching(counts: Float64Array, end: number, rank: number): number {
  let low = 0
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (counts[middle] >= rank) high = middle
    else low = middle + 1
  }
  return low
}
