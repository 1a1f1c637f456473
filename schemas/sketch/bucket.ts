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

/** Finer cells: all but few of their values lie on one side of the boundary, which a processor predicts. */
const FINE_BITS = 12
const FINE_SHIFT = 20 - FINE_BITS
const scratch = new Float64Array(1)
const words = new Uint32Array(scratch.buffer)
/** The two halves of each boundary's mantissa: comparing integers spares writing the value anew. */
const boundHigh = Uint32Array.from(BOUNDS, (bound) => {
  scratch[0] = bound
  return words[1] - 0x3ff00000
})
const boundLow = Uint32Array.from(BOUNDS, (bound) => {
  scratch[0] = bound
  return words[0]
})
const fineBucket = Uint8Array.from({ length: 1 << FINE_BITS }, (_, cell) => {
  const lowest = 1 + cell / (1 << FINE_BITS)
  let bucket = CELL_BUCKET[Math.floor((lowest - 1) * CELLS)]
  while (BOUNDS[bucket + 1] <= lowest) bucket++
  return bucket
})

/** Index at schema 5 of a finite magnitude greater than zero. */
export function bucketIndex(magnitude: number): number {
  scratch[0] = magnitude
  let exponent = words[1] >>> 20
  if (exponent === 0) {
    scratch[0] = magnitude * 2 ** 54
    exponent = (words[1] >>> 20) - 54
  }
  const high = words[1] & 0xfffff
  const low = words[0]
  const octave = (exponent - 1023) * SUB_BUCKETS
  if (high === 0 && low === 0) return octave - 1
  const bucket = fineBucket[high >>> FINE_SHIFT]
  const bound = boundHigh[bucket + 1]
  return high > bound || (high === bound && low > boundLow[bucket + 1]) ? octave + bucket + 1 : octave + bucket
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
