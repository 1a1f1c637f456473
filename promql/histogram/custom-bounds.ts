import type { NativeHistogram } from '../../schemas/histogram.js'
import { NO_BUCKETS, regroupBuckets } from './buckets.js'

/** True if both lists of bounds are the same. */
export function equalBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]))
}

/** Bounds that stand in both lists, ascending. */
export function commonBounds(a: readonly number[], b: readonly number[]): number[] {
  const other = new Set(b)
  return a.filter((bound) => other.has(bound))
}

/** Where bucket `index` of the bounds `from` falls among the bounds `to`: the first that ends at or above its own end. */
export function targetBucket(from: readonly number[], to: readonly number[], index: number): number {
  if (index >= from.length) return to.length
  const at = to.findIndex((bound) => bound >= from[index])
  return at === -1 ? to.length : at
}

/** The custom-bucket histogram with fewer bounds. */
export function withBounds(histogram: NativeHistogram, bounds: readonly number[]): NativeHistogram {
  const own = histogram.customValues ?? []
  if (equalBounds(own, bounds)) return histogram
  return {
    ...histogram,
    customValues: bounds,
    positive: regroupBuckets(histogram.positive, (index) => targetBucket(own, bounds, index)),
    negative: NO_BUCKETS,
  }
}
