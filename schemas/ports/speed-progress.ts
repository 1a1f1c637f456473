/** How far windows were closed and stored when a partition had been read up to an offset. */
export interface Closing {
  partition: number
  /** Every record before this offset was applied, and what it closed is stored. */
  offset: number
  /** Windows that end at or before this time were closed, ms. */
  throughMs: number
}

/** Up to when the windows of a partition hold all that came on time. */
export interface Completeness {
  partition: number
  /** Windows that end at or before this can be read with every point of theirs that was acknowledged on time, ms. */
  throughMs: number
  /** Those that end at or before this are closed, and the hot store has them, ms. */
  closedMs: number
}

/**
 * Where the speed layer says how far it had come at which offset. Who compares it with something that read the same log,
 * but not as far, must know that and not what holds now. A closing of the same partition and offset takes the place of
 * an earlier one.
 */
export interface SpeedProgress {
  /** Resolves once durable. Throws TM_CATALOG_UNAVAILABLE (retriable). */
  note(closings: readonly Closing[]): Promise<void>
  /** Forgets what lies behind an offset of a partition: a restart reads that again. */
  forget(partition: number, afterOffset: number): Promise<void>
  /**
   * Says up to when windows are complete at present, in some of the partitions that there are. Who reads a partition anew may know less than who read it before,
   * and takes back what that one said. Partitions of which nobody has said anything yet are complete up to 0. Resolves once durable. Throws TM_CATALOG_UNAVAILABLE (retriable).
   */
  complete(claims: readonly Completeness[], partitions: number): Promise<void>
}
