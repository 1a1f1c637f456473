import type { MessageAction } from './channel.js'

/** A message that was given up. */
export interface DeadLetter {
  /** Of the message. */
  key: string
  channel: string
  incidentId: string
  /** Of the incident, as the message told it. */
  title: string
  action: MessageAction
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
  list(limit: number): Promise<DeadLetter[]>
  /**
   * Puts messages back into the outbox, as if they had just been queued for the first time.
   * @param keys of those that are meant; undefined: all
   * @returns how many there were
   */
  revive(keys: readonly string[] | undefined, nowMs: number): Promise<number>
}
