import type { NativeHistogram } from '../../schemas/histogram.js'
import { AscendingBuckets } from './ascending.js'
import { fractionBelow, isLinear, reachingZero } from './interpolate.js'

interface FractionOutcome {
  value: number
  /** Observations that were NaN lie between no bounds: they are in no fraction. */
  hasNaNs: boolean
}

/**
 * The fraction of observations between two bounds, NaN for no observations or a bound that is NaN, 0 where lower is
 * not below upper: the inverse of `histogramQuantile` (Prometheus, histogram_fraction).
 */
export function histogramFraction(lower: number, upper: number, histogram: NativeHistogram): FractionOutcome {
  const { count, sum } = histogram
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: Number.NaN, hasNaNs: false }
  if (lower >= upper) return { value: 0, hasNaNs: false }
  const buckets = new AscendingBuckets(histogram)
  const counted = Number.isNaN(sum) ? buckets.total() : count
  const below = (bound: number) => Math.min(countBelow(histogram, buckets, bound), counted)
  return { value: (below(upper) - below(lower)) / count, hasNaNs: counted < count }
}

/** Observations below `bound`; Infinity if no bucket reaches above it. */
function countBelow(histogram: NativeHistogram, buckets: AscendingBuckets, bound: number): number {
  let count = 0
  for (let place = 0; place < buckets.length; place++) {
    const [lower, upper] = boundsAroundZero(histogram, buckets, place)
    if (lower >= bound) return count
    if (upper > bound) {
      // Nothing is known of how observations are spread towards -Inf: all of them lie below.
      if (lower === Number.NEGATIVE_INFINITY) return buckets.count(place)
      return count + buckets.count(place) * fractionBelow(lower, upper, isLinear(histogram, lower, upper), bound)
    }
    count += buckets.count(place)
  }
  return Number.POSITIVE_INFINITY
}

/** A bucket that holds 0, in a histogram with buckets of one sign only, is taken to reach to 0. */
function boundsAroundZero(
  histogram: NativeHistogram,
  buckets: AscendingBuckets,
  place: number,
): [lower: number, upper: number] {
  const lower = buckets.lower(place)
  const upper = buckets.upper(place)
  if (lower > 0 || upper < 0) return [lower, upper]
  return reachingZero(histogram, lower, upper)
}
