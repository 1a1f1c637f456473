import type { HistogramBuckets, NativeHistogram } from '../../schemas/histogram.js'

/** Relative difference at which two values are still the same to a script. */
const TOLERANCE = 1e-6
const SMALLEST_NORMAL = 2.2250738585072014e-308

/** As Prometheus's scripts compare (util/almost): NaN equals NaN, infinities only themselves. */
export function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  const difference = Math.abs(a - b)
  const magnitude = Math.abs(a) + Math.abs(b)
  if (a === 0 || b === 0 || magnitude < SMALLEST_NORMAL) return difference < TOLERANCE * SMALLEST_NORMAL
  return difference / Math.min(magnitude, Number.MAX_VALUE) < TOLERANCE
}

/** Buckets of which nothing was observed do not count. @param withHint the counter reset hint must be the same too */
export function almostEqualHistograms(a: NativeHistogram, b: NativeHistogram, withHint: boolean): boolean {
  return (
    a.schema === b.schema &&
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    sameNumbers(a.customValues ?? [], b.customValues ?? [], Object.is) &&
    almostEqualBuckets(a.positive, b.positive) &&
    almostEqualBuckets(a.negative, b.negative) &&
    (!withHint || a.counterReset === b.counterReset)
  )
}

function almostEqualBuckets(a: HistogramBuckets, b: HistogramBuckets): boolean {
  const [left, right] = [filled(a), filled(b)]
  return sameNumbers(left.index, right.index, Object.is) && sameNumbers(left.count, right.count, almostEqual)
}

function filled({ index, count }: HistogramBuckets): HistogramBuckets {
  return { index: index.filter((_, i) => count[i] !== 0), count: count.filter((weight) => weight !== 0) }
}

function sameNumbers(a: readonly number[], b: readonly number[], same: (a: number, b: number) => boolean): boolean {
  return a.length === b.length && a.every((value, i) => same(value, b[i]))
}
