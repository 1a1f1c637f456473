import type { NativeHistogram } from '../../schemas/histogram.js'
import type { AscendingBuckets } from './ascending.js'
import { hasCustomBuckets } from './bounds.js'

/**
 * Bounds between which a bucket's observations are taken to lie: a zero bucket beside buckets of one sign only reaches
 * to 0, and so does the first custom bucket if it ends above 0.
 */
export function naturalBounds(
  histogram: NativeHistogram,
  buckets: AscendingBuckets,
  place: number,
): [lower: number, upper: number] {
  const lower = buckets.lower(place)
  const upper = buckets.upper(place)
  if (hasCustomBuckets(histogram)) return [lower === Number.NEGATIVE_INFINITY && upper > 0 ? 0 : lower, upper]
  if (!buckets.isZero(place)) return [lower, upper]
  return reachingZero(histogram, lower, upper)
}

/** Bounds around 0: beside buckets of one sign only, the other side ends at 0. */
export function reachingZero(
  { negative, positive }: NativeHistogram,
  lower: number,
  upper: number,
): [lower: number, upper: number] {
  const negatives = negative.index.length > 0
  const positives = positive.index.length > 0
  if (positives && !negatives) return [0, upper]
  return [lower, negatives && !positives ? 0 : upper]
}

/** True if observations are taken to be spread evenly in the bucket, false if their logarithms are. */
export function isLinear(histogram: NativeHistogram, lower: number, upper: number): boolean {
  return hasCustomBuckets(histogram) || (lower <= 0 && upper >= 0)
}

/** The value below which `fraction` of the bucket's observations lie. */
export function interpolate(lower: number, upper: number, linear: boolean, fraction: number): number {
  if (linear) return lower + (upper - lower) * fraction
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction)
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)))
}

/** The fraction of the bucket's observations that lie below `value`, which must be inside of it. */
export function fractionBelow(lower: number, upper: number, linear: boolean, value: number): number {
  if (linear) return (value - lower) / (upper - lower)
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  const logValue = Math.log2(Math.abs(value))
  if (value > 0) return (logValue - logLower) / (logUpper - logLower)
  return 1 - (logValue - logUpper) / (logLower - logUpper)
}
