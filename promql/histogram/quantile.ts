import type { NativeHistogram } from '../../schemas/histogram.js'
import { AscendingBuckets } from './ascending.js'
import { hasCustomBuckets } from './bounds.js'
import { interpolate, isLinear, naturalBounds } from './interpolate.js'

/** Observations that were NaN are in no bucket, so they may change a quantile. */
interface QuantileOutcome {
  value: number
  /** `result`: the quantile is among the NaN observations; `skew`: they stand above it and push it up. */
  nan?: 'result' | 'skew'
}

/**
 * The q-quantile, -Inf for q < 0, +Inf for q > 1, NaN for no observations. Inside a bucket it is interpolated:
 * exponentially, but linearly in the zero bucket and in custom ones. A custom bucket without an end gives its finite
 * bound (Prometheus, histogram_quantile).
 */
export function histogramQuantile(q: number, histogram: NativeHistogram): QuantileOutcome {
  if (q < 0) return { value: Number.NEGATIVE_INFINITY }
  if (q > 1) return { value: Number.POSITIVE_INFINITY }
  if (histogram.count === 0 || Number.isNaN(q)) return { value: Number.NaN }
  // Counting from the nearer end loses less to rounding; NaN observations can only be at the upper one.
  const fromBelow = Number.isNaN(histogram.sum) || q < 0.5
  const rank = (fromBelow ? q : 1 - q) * histogram.count
  const buckets = new AscendingBuckets(histogram)
  const { place, reached } = findRank(buckets, rank, fromBelow)
  if (place === -1) return withoutBuckets(histogram, rank)
  const [lower, upper] = naturalBounds(histogram, buckets, place)
  if (hasCustomBuckets(histogram)) {
    if (lower === Number.NEGATIVE_INFINITY) return { value: upper }
    if (upper === Number.POSITIVE_INFINITY && buckets.lower(place) !== Number.NEGATIVE_INFINITY) return { value: lower }
  }
  const counted = Math.min(reached, histogram.count)
  if (counted < rank) return beyondBuckets(histogram, upper)
  const within = fromBelow ? rank - (counted - buckets.count(place)) : counted - rank
  const value = interpolate(lower, upper, isLinear(histogram, lower, upper), within / buckets.count(place))
  return missesNaNs(histogram, buckets) ? { value, nan: 'skew' } : { value }
}

function withoutBuckets(histogram: NativeHistogram, rank: number): QuantileOutcome {
  if (rank > 0) return beyondBuckets(histogram, 0)
  return Number.isNaN(histogram.sum) ? { value: Number.NaN, nan: 'skew' } : { value: Number.NaN }
}

/** More observations are counted in all than in the buckets: the others were NaN, or counts do not fit. */
function beyondBuckets({ sum }: NativeHistogram, uppermost: number): QuantileOutcome {
  return Number.isNaN(sum) ? { value: Number.NaN, nan: 'result' } : { value: uppermost }
}

/** The first bucket, from one end, with which `rank` observations are counted; the last one if they never are. */
function findRank(buckets: AscendingBuckets, rank: number, fromBelow: boolean): { place: number; reached: number } {
  let reached = 0
  let place = -1
  for (let i = 0; i < buckets.length; i++) {
    place = fromBelow ? i : buckets.length - 1 - i
    const count = buckets.count(place)
    if (count === 0) continue
    reached += count
    if (reached >= rank) break
  }
  return { place, reached }
}

/** A sum that is NaN tells of NaN observations if the buckets miss some: infinities of both signs make it NaN too. */
function missesNaNs({ sum, count }: NativeHistogram, buckets: AscendingBuckets): boolean {
  return Number.isNaN(sum) && buckets.total() < count
}
