import type { HistogramBuckets } from '../../schemas/histogram.js'

export const NO_BUCKETS: HistogramBuckets = { index: [], count: [] }

/** The same buckets, each count changed. */
export function mapCounts(buckets: HistogramBuckets, change: (count: number) => number): HistogramBuckets {
  return buckets.count.length === 0 ? buckets : { index: buckets.index, count: buckets.count.map(change) }
}

/** Buckets that `keep` says yes to. */
export function filterBuckets(
  buckets: HistogramBuckets,
  keep: (index: number, count: number) => boolean,
): HistogramBuckets {
  if (buckets.index.every((index, i) => keep(index, buckets.count[i]))) return buckets
  const index: number[] = []
  const count: number[] = []
  for (let i = 0; i < buckets.index.length; i++) {
    if (!keep(buckets.index[i], buckets.count[i])) continue
    index.push(buckets.index[i])
    count.push(buckets.count[i])
  }
  return { index, count }
}

/** Buckets moved to a coarser layout: `target` never falls as the index rises; those that meet are added up. */
export function regroupBuckets(buckets: HistogramBuckets, target: (index: number) => number): HistogramBuckets {
  const index: number[] = []
  const count: number[] = []
  for (let i = 0; i < buckets.index.length; i++) {
    const to = target(buckets.index[i])
    if (index.length > 0 && index[index.length - 1] === to) {
      count[count.length - 1] += buckets.count[i]
    } else {
      index.push(to)
      count.push(buckets.count[i])
    }
  }
  return { index, count }
}

/** Every bucket of either, `sign` times those of `b` added to those of `a`. */
export function mergeBuckets(a: HistogramBuckets, b: HistogramBuckets, sign: 1 | -1): HistogramBuckets {
  if (b.index.length === 0) return a
  if (a.index.length === 0 && sign === 1) return b
  if (sameIndexes(a.index, b.index)) {
    return { index: a.index, count: a.count.map((count, i) => count + sign * b.count[i]) }
  }
  const index: number[] = []
  const count: number[] = []
  let i = 0
  let j = 0
  while (i < a.index.length || j < b.index.length) {
    const left = i < a.index.length ? a.index[i] : Number.POSITIVE_INFINITY
    const right = j < b.index.length ? b.index[j] : Number.POSITIVE_INFINITY
    index.push(Math.min(left, right))
    if (left < right) count.push(a.count[i++])
    else if (right < left) count.push(sign * b.count[j++])
    else count.push(a.count[i++] + sign * b.count[j++])
  }
  return { index, count }
}

function sameIndexes(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((index, i) => index === b[i]))
}
