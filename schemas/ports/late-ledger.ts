/** Points that came for a window already closed, by the log entry that brought them. */
export interface LatePoints {
  partition: number
  /** Offset of the log entry. */
  offset: number
  /** Parallel columns: series id halves (low, high of entry i at 2i, 2i+1), window start (ms), points. */
  seriesIds: Uint32Array
  windowStart: Float64Array
  points: Uint32Array
}

/**
 * Where the speed layer says which points it left to the batch layer, so that the auditor can explain every difference
 * between the two views. Keyed by log offset: writing an entry again replaces it.
 */
export interface LateLedger {
  /** Resolves once durable; called before the offset is committed. */
  record(late: readonly LatePoints[]): Promise<void>
  /** Forgets a partition's entries from an offset on: what a restart will read again. */
  forget(partition: number, fromOffset: number): Promise<void>
}
