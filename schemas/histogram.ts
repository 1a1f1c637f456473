/** Buckets of one sign: weight `count[i]` in bucket `index[i]`, indexes ascending, counts not cumulative. */
export interface HistogramBuckets {
  readonly index: readonly number[]
  readonly count: readonly number[]
}

/** What is known of a histogram relative to the one before it in its series. */
export type CounterReset = 'unknown' | 'reset' | 'notReset' | 'gauge'

/** Schema of a histogram whose bucket bounds are its `customValues`. */
export const CUSTOM_BUCKETS_SCHEMA = -53

/**
 * A native histogram as Prometheus has it: one value of a series that is a whole distribution. Never changed once made.
 * Bucket `i` of schema `s` (-4 to 8) holds observations in (2^((i-1)/2^s), 2^(i/2^s)], mirrored for the negative ones;
 * in schema -53 bucket `i` holds those in (customValues[i-1], customValues[i]], the last one those above.
 */
export interface NativeHistogram {
  readonly schema: number
  /** Observations of at most this magnitude are in the zero bucket. */
  readonly zeroThreshold: number
  readonly zeroCount: number
  /** Observations in all, NaN ones too. */
  readonly count: number
  readonly sum: number
  readonly positive: HistogramBuckets
  readonly negative: HistogramBuckets
  /** Ascending upper bounds, for schema -53 only. */
  readonly customValues?: readonly number[]
  readonly counterReset: CounterReset
}
