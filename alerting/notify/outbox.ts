import type { Message } from './channel.js'

/** A message on its way to a channel. */
export interface QueuedMessage {
  message: Message
  /** Name of the channel as rules give it: `pagerduty:team-a`, `slack:#alerts`. */
  channel: string
  /** How often it was tried before. */
  attempts: number
  /** When it was put into the outbox, ms since epoch. */
  queuedMs: number
}

/** Messages that are to be sent at least once. They outlive every process. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export interface Outbox {
  /**
   * Takes messages that are due, those of one incident and channel in their order; nobody else gets them for `leaseMs`.
   * @param limit at most so many
   * @param nowMs ms since epoch
   */
  take(limit: number, nowMs: number, leaseMs: number): Promise<QueuedMessage[]>
  /** The other side has it. Like the two below it stands in the incident's timeline. */
  delivered(key: string, reference: string | undefined, nowMs: number): Promise<void>
  /** An attempt failed; it is tried again at `dueMs`. */
  failed(key: string, dueMs: number, reason: string, nowMs: number): Promise<void>
  /** It is given up: it stands in the list of dead letters until somebody sends it again. */
  bury(key: string, reason: string, nowMs: number): Promise<void>
  /** It is not to be sent, and is forgotten. */
  withdraw(key: string): Promise<void>
  /** It was not tried, and is at `dueMs`. */
  postpone(key: string, dueMs: number, reason: string): Promise<void>
}
