/** A message that was given up. */
export interface DeadLetter {
  /** Of the message. */
  key: string
  channel: string
  incidentId: string
  /** Of the message. */
  action: string
  /** Why it was given up. */
  reason: string
  attempts: number
  /** ms since epoch, likewise below. */
  queuedMs: number
  buriedMs: number
}

/** Messages that were given up, and how they get another chance. Both throw TM_CATALOG_UNAVAILABLE, retriable. */
export interface DeadLetters {
  /** Those given up last, first. */
  dead(limit: number): Promise<DeadLetter[]>
  /**
   * Puts a message back into the outbox, as if it had just been queued for the first time.
   * @param key of the one that is meant; undefined: all
   * @returns how many there were
   */
  resend(key: string | undefined, nowMs: number): Promise<number>
}
