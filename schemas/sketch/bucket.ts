/**
 * Where a value falls in the base-2 exponential histogram (OpenTelemetry data model, "Exponential Histogram";
 * Prometheus native histograms are the same with indexes one higher). At schema s the bucket of index i holds
 * (base^i, base^(i+1)] with base = 2^(2^-s). Boundaries come from one table of constants, in TypeScript and in SQL
 * alike, so both tongues put every double into the same bucket.
 */

/** Finest schema: base 2^(1/32), so a bucket's geometric middle is within 1.1 % of anything in it. */
export const MAX_SCHEMA = 5

/** Buckets to a power of two at {@link MAX_SCHEMA}. */
export const SUB_BUCKETS = 1 << MAX_SCHEMA

/** `BOUNDS[k]` = 2^(k/32) for k = 0..32, correctly rounded as far as Math.pow goes; the constants are what counts. */
export const BOUNDS: readonly number[] = Array.from({ length: SUB_BUCKETS + 1 }, (_, k) =>
  roundBound(2 ** (k / SUB_BUCKETS)),
)

/** Cells of the mantissa range [1, 2) are narrower than any bucket, so a cell holds at most one boundary. */
export const CELLS = 64

/** `CELL_BUCKET[c]` = sub-bucket of the smallest mantissa in cell c (its lower edge belongs to the bucket below). */
export const CELL_BUCKET: readonly number[] = Array.from({ length: CELLS }, (_, cell) => {
  const lowest = 1 + cell / CELLS
  let bucket = 0
  while (BOUNDS[bucket + 1] <= lowest) bucket++
  return bucket
})

const bounds = Float64Array.from(BOUNDS)
const cellBucket = Uint8Array.from(CELL_BUCKET)
const scratch = new Float64Array(1)
const words = new Uint32Array(scratch.buffer)

/** Index at schema 5 of a finite magnitude greater than zero. */
export function bucketIndex(magnitude: number): number {
  scratch[0] = magnitude
  let exponent = words[1] >>> 20
  if (exponent === 0) {
    scratch[0] = magnitude * 2 ** 54
    exponent = (words[1] >>> 20) - 54
  }
  const mantissaHigh = words[1] & 0xfffff
  const octave = (exponent - 1023) * SUB_BUCKETS
  if (mantissaHigh === 0 && words[0] === 0) return octave - 1
  const bucket = cellBucket[mantissaHigh >>> 14]
  words[1] = mantissaHigh | 0x3ff00000
  return octave + (scratch[0] > bounds[bucket + 1] ? bucket + 1 : bucket)
}

/** Index of the same bucket `levels` schemas coarser. */
export function coarserIndex(index: number, levels: number): number {
  return index >> levels
}

/** Lower bound of bucket `index` at `schema`; the upper bound is that of `index + 1`. */
export function lowerBound(index: number, schema: number): number {
  return 2 ** (index / 2 ** schema)
}

/** Geometric middle of bucket `index` at `schema`: the estimate with the smallest relative error. */
export function bucketMiddle(index: number, schema: number): number {
  return 2 ** ((index + 0.5) / 2 ** schema)
}

/** Cuts the last bits that libraries disagree about, so that the table is the same on every machine. */
function roundBound(value: number): number {
  return Number(value.toPrecision(15))
}
