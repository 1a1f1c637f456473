import { bucketIndex, MAX_SCHEMA as SKETCH_SCHEMA } from '../../schemas/sketch/bucket.js'
import { type ExponentialHistogram, lowerEdge, type SparseBuckets } from './exponential.js'

/** Receives one weighted point: `weight` observations of `value`. */
export type EmitObservation = (value: number, weight: number) => void

/** Values keep this relative distance from the edges of their bucket, so that any rounding finds them inside it. */
const MARGIN = 1e-12

/** A sum that misses its buckets by less than this (relatively) is taken for rounding, not for nonsense. */
const MISFIT = 1e-6

/**
 * Takes a histogram of scale s apart into one weighted point for each filled bucket (value 0 for the zero bucket).
 *
 * All values stand at the same place lambda within their bucket, on the logarithmic scale and in order of the values:
 * lower * (upper / lower)^lambda. Lambda is chosen so that the points' sum is the histogram's: with x = base^lambda,
 * P = sum of count * lower edge over positive buckets and N the same over negative ones, the sum is
 * P * x - N * base / x, a quadratic equation. Without a sum, or with one that no lambda gives, values stand in the
 * geometric middle. If min and max are given and lie in the outermost buckets, one observation each stands exactly there.
 *
 * So the count is exact, the sum right to about 1e-9, and a sketch of base 2^(1/32) (schema 5) puts every point into
 * the bucket it came from, or, for s > 5, into the one that covers it. For s < 5 a bucket covers several of the sketch:
 * its whole count goes into the one that holds the value.
 */
export function takeApart(histogram: ExponentialHistogram, emit: EmitObservation): void {
  const ends = exactEnds(histogram)
  const rest = ends.length === 0 ? histogram : withoutEnds(histogram, ends)
  const place = placeOf(rest, ends)
  if (place !== undefined) {
    for (const { value } of ends) emit(value, 1)
    emitBuckets(rest, place, emit)
  } else {
    emitBuckets(histogram, placeOf(histogram, []) ?? lowerEdge(0.5, histogram.schema), emit)
  }
}

/** One observation that is known exactly, and the bucket that counts it. */
interface ExactEnd {
  value: number
  side: 'positive' | 'negative'
  at: number
}

/** x = base^lambda for which the points' sum is the histogram's, kept inside the buckets; undefined if there is none. */
function placeOf(
  { positive, negative, schema, sum }: ExponentialHistogram,
  ends: readonly ExactEnd[],
): number | undefined {
  if (sum === undefined) return lowerEdge(0.5, schema)
  if (positive.indexes.length + negative.indexes.length === 0) {
    const size = ends.reduce((total, { value }) => total + Math.abs(value), 0)
    return Math.abs(sum) <= MISFIT * size ? 1 : undefined
  }
  const base = lowerEdge(1, schema)
  const x = solve(weightOf(positive, schema), weightOf(negative, schema), base, sum)
  if (!(x >= 1 - MISFIT && x <= base * (1 + MISFIT))) return undefined
  return Math.min(Math.max(x, 1 + MARGIN), base * (1 - MARGIN))
}

/** The positive x with P * x - N * base / x = sum; NaN if there is none within the range of doubles. */
function solve(P: number, N: number, base: number, sum: number): number {
  if (N === 0) return sum / P
  if (P === 0) return (base * N) / -sum
  const root = Math.hypot(sum, 2 * Math.sqrt(P) * Math.sqrt(N * base))
  // Of the two forms of the solution, the one in which nothing cancels.
  return sum >= 0 ? (sum + root) / (2 * P) : (2 * N * base) / (root - sum)
}

function weightOf({ indexes, counts }: SparseBuckets, schema: number): number {
  let weight = 0
  for (let i = 0; i < indexes.length; i++) weight += counts[i] * lowerEdge(indexes[i], schema)
  return weight
}

function emitBuckets(
  { positive, negative, zeroCount, schema }: ExponentialHistogram,
  x: number,
  emit: EmitObservation,
): void {
  const mirrored = lowerEdge(1, schema) / x
  for (let i = negative.indexes.length - 1; i >= 0; i--) {
    emit(-lowerEdge(negative.indexes[i], schema) * mirrored, negative.counts[i])
  }
  if (zeroCount > 0) emit(0, zeroCount)
  for (let i = 0; i < positive.indexes.length; i++) {
    emit(lowerEdge(positive.indexes[i], schema) * x, positive.counts[i])
  }
}

/** The smallest and the largest observation, where they are given and lie in the outermost buckets. */
function exactEnds(histogram: ExponentialHistogram): ExactEnd[] {
  const { min, max, positive, negative, zeroCount } = histogram
  const top = positive.indexes.length - 1
  const bottom = negative.indexes.length - 1
  const ends: ExactEnd[] = []
  const consider = (value: number | undefined, side: 'positive' | 'negative', at: number) => {
    if (value === undefined || at < 0 || !isInBucket(histogram, side, at, value)) return
    const taken = ends.some((end) => end.side === side && end.at === at) ? 1 : 0
    if (histogram[side].counts[at] - taken >= 1) ends.push({ value, side, at })
  }
  if (bottom >= 0) consider(min, 'negative', bottom)
  else if (zeroCount === 0 && top >= 0) consider(min, 'positive', 0)
  if (top >= 0) consider(max, 'positive', top)
  else if (zeroCount === 0 && bottom >= 0) consider(max, 'negative', 0)
  return ends
}

/** True if the bucket holds `value`, both as the histogram and as the sketch see it. */
function isInBucket(
  histogram: ExponentialHistogram,
  side: 'positive' | 'negative',
  at: number,
  value: number,
): boolean {
  const { schema } = histogram
  const magnitude = side === 'positive' ? value : -value
  if (!(magnitude > 0 && magnitude < Infinity)) return false
  const index = histogram[side].indexes[at]
  if (schema > SKETCH_SCHEMA) return magnitude > lowerEdge(index, schema) && magnitude <= lowerEdge(index + 1, schema)
  return Math.floor(bucketIndex(magnitude) / 2 ** (SKETCH_SCHEMA - schema)) === index
}

/** The histogram less one observation at each of `ends`. */
function withoutEnds(histogram: ExponentialHistogram, ends: readonly ExactEnd[]): ExponentialHistogram {
  const less = (side: 'positive' | 'negative'): SparseBuckets => {
    const { indexes, counts } = histogram[side]
    const left = counts.map((count, at) => count - ends.filter((end) => end.side === side && end.at === at).length)
    return { indexes: indexes.filter((_, at) => left[at] > 0), counts: left.filter((count) => count > 0) }
  }
  const known = ends.reduce((total, { value }) => total + value, 0)
  const sum = histogram.sum === undefined ? undefined : histogram.sum - known
  return { ...histogram, positive: less('positive'), negative: less('negative'), sum }
}
