/**
 * A base-2 exponential histogram as a protocol carries it (OpenTelemetry data model, "ExponentialHistogram";
 * Prometheus native histograms, whose indexes are one higher). The bucket of index i holds magnitudes in
 * (base^i, base^(i+1)] with base = 2^(2^-schema).
 */
export interface ExponentialHistogram {
  /** OTLP's scale. */
  schema: number
  /** Magnitudes up to this one are counted as zero. */
  zeroThreshold: number
  zeroCount: number
  /** Observations in total, as the sender says. */
  count: number
  /** Sum of the observations; undefined if it was not given. */
  sum: number | undefined
  /** The smallest and the largest observation; undefined if not given. */
  min: number | undefined
  max: number | undefined
  positive: SparseBuckets
  /** By magnitude: index i holds values in [-base^(i+1), -base^i). */
  negative: SparseBuckets
}

/** The buckets that hold something: ascending indexes, and beside each its count, above zero. */
export interface SparseBuckets {
  indexes: number[]
  counts: number[]
}

/** More buckets than this in one histogram are refused; the protocols' own libraries keep at most a few hundred. */
export const MAX_HISTOGRAM_BUCKETS = 4096

/** OTLP's smallest scale: one bucket for all of (1, infinity). */
const MIN_SCHEMA = -10

/** Finer than this, neighbouring doubles no longer tell the buckets apart. */
const MAX_SCHEMA = 32

/** A histogram without observations. */
export function emptyHistogram(schema: number): ExponentialHistogram {
  return {
    schema,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: undefined,
    min: undefined,
    max: undefined,
    positive: { indexes: [], counts: [] },
    negative: { indexes: [], counts: [] },
  }
}

/** Lower bound of bucket `index`: exclusive, and the upper bound (inclusive) of the bucket before it. */
export function lowerEdge(index: number, schema: number): number {
  return 2 ** (index / 2 ** schema)
}

/** How many buckets of a histogram hold something, the zero bucket not among them. */
export function bucketsOf(histogram: ExponentialHistogram): number {
  return histogram.positive.indexes.length + histogram.negative.indexes.length
}

/** What makes the histogram unusable, in words, or undefined if it is sound. */
export function histogramFault(histogram: ExponentialHistogram): string | undefined {
  const { schema, sum } = histogram
  if (!(schema >= MIN_SCHEMA && schema <= MAX_SCHEMA)) {
    return `the scale is ${schema}, it must be ${MIN_SCHEMA} to ${MAX_SCHEMA}`
  }
  if (bucketsOf(histogram) > MAX_HISTOGRAM_BUCKETS)
    return `the histogram has more than ${MAX_HISTOGRAM_BUCKETS} filled buckets`
  let total = histogram.zeroCount
  for (const { indexes, counts } of [histogram.positive, histogram.negative]) {
    for (let i = 0; i < indexes.length; i++) {
      if (indexes[i] <= indexes[i - 1]) return 'the buckets do not ascend'
      if (!(counts[i] > 0)) return `bucket ${indexes[i]} counts ${counts[i]}`
      if (lowerEdge(indexes[i], schema) === Infinity || lowerEdge(indexes[i] + 1, schema) === 0) {
        return `bucket ${indexes[i]} of scale ${schema} lies outside the numbers a double can hold`
      }
      total += counts[i]
    }
  }
  // Observations of NaN are counted in `count` and in no bucket.
  const missing = histogram.count - total
  if (Number.isNaN(sum) && missing >= 0) return undefined
  if (Math.abs(missing) > 1e-9 * total) return `the count is ${histogram.count}, its buckets hold ${total}`
  return undefined
}

/** The growth from `before` to `after`; undefined if any count fell, which means that the counting began anew. */
export function growth(after: ExponentialHistogram, before: ExponentialHistogram): ExponentialHistogram | undefined {
  const schema = Math.min(after.schema, before.schema)
  const zeroThreshold = Math.max(after.zeroThreshold, before.zeroThreshold)
  const newer = aligned(after, schema, zeroThreshold)
  const older = aligned(before, schema, zeroThreshold)
  const zeroCount = difference(newer.zeroCount, older.zeroCount)
  const positive = bucketGrowth(newer.positive, older.positive)
  const negative = bucketGrowth(newer.negative, older.negative)
  if (zeroCount < 0 || positive === undefined || negative === undefined) return undefined
  const sum = after.sum === undefined || before.sum === undefined ? undefined : after.sum - before.sum
  const count = zeroCount + totalOf(positive) + totalOf(negative)
  return { schema, zeroThreshold, zeroCount, count, sum, min: undefined, max: undefined, positive, negative }
}

interface Aligned {
  zeroCount: number
  positive: SparseBuckets
  negative: SparseBuckets
}

/** The same counts at a coarser schema and with a zero bucket that reaches at least to `zeroThreshold`. */
function aligned(histogram: ExponentialHistogram, schema: number, zeroThreshold: number): Aligned {
  let { zeroCount, positive, negative } = histogram
  if (histogram.zeroThreshold < zeroThreshold) {
    const side = (buckets: SparseBuckets) => {
      let first = 0
      while (
        first < buckets.indexes.length &&
        lowerEdge(buckets.indexes[first] + 1, histogram.schema) <= zeroThreshold
      ) {
        zeroCount += buckets.counts[first++]
      }
      return { indexes: buckets.indexes.slice(first), counts: buckets.counts.slice(first) }
    }
    positive = side(positive)
    negative = side(negative)
  }
  const levels = histogram.schema - schema
  return { zeroCount, positive: coarser(positive, levels), negative: coarser(negative, levels) }
}

function coarser(buckets: SparseBuckets, levels: number): SparseBuckets {
  if (levels === 0) return buckets
  const merged: SparseBuckets = { indexes: [], counts: [] }
  const width = 2 ** levels
  for (let i = 0; i < buckets.indexes.length; i++) {
    const index = Math.floor(buckets.indexes[i] / width)
    const last = merged.indexes.length - 1
    if (last >= 0 && merged.indexes[last] === index) merged.counts[last] += buckets.counts[i]
    else {
      merged.indexes.push(index)
      merged.counts.push(buckets.counts[i])
    }
  }
  return merged
}

function bucketGrowth(after: SparseBuckets, before: SparseBuckets): SparseBuckets | undefined {
  const grown: SparseBuckets = { indexes: [], counts: [] }
  let old = 0
  for (let i = 0; i < after.indexes.length; i++) {
    const index = after.indexes[i]
    if (old < before.indexes.length && before.indexes[old] < index) return undefined
    const same = old < before.indexes.length && before.indexes[old] === index
    const count = same ? difference(after.counts[i], before.counts[old++]) : after.counts[i]
    if (count < 0) return undefined
    if (count === 0) continue
    grown.indexes.push(index)
    grown.counts.push(count)
  }
  return old < before.indexes.length ? undefined : grown
}

/** after - before, where what only rounding of fractional counts can explain is no change. */
function difference(after: number, before: number): number {
  const change = after - before
  return Math.abs(change) <= 1e-12 * after ? 0 : change
}

function totalOf({ counts }: SparseBuckets): number {
  let total = 0
  for (const count of counts) total += count
  return total
}
