import type { Delivery } from './channel.js'

/** The first wait, and the longest, ms. */
const FIRST_MS = 1000
const LONGEST_MS = 300_000

/** What is done with a message after it was sent, or not. */
export type Settlement =
  | { outcome: 'delivered'; reference?: string }
  | { outcome: 'postpone'; dueMs: number; reason: string }
  | { outcome: 'bury'; reason: string }

/** What is known when it is decided. */
export interface Attempt {
  /** How often it was tried before. */
  attempts: number
  queuedMs: number
  nowMs: number
  /** A message that could not be delivered for this long is given up. */
  giveUpMs: number
}

/**
 * Decides what comes of a message: what may be taken later is tried again after a wait that doubles, or as late as the
 * other side asks, until it is too old.
 * @param random in [0, 1)
 */
export function settle(delivery: Delivery, attempt: Attempt, random: () => number): Settlement {
  const { attempts, queuedMs, nowMs, giveUpMs } = attempt
  if (delivery.outcome === 'delivered') return { outcome: 'delivered', reference: delivery.reference }
  if (delivery.outcome === 'refused') return { outcome: 'bury', reason: delivery.reason }
  const { reason, retryAfterMs = 0 } = delivery
  const dueMs = nowMs + Math.max(backoff(attempts, random), retryAfterMs)
  if (dueMs - queuedMs <= giveUpMs) return { outcome: 'postpone', dueMs, reason }
  const hours = Math.round(((nowMs - queuedMs) / 3_600_000) * 10) / 10
  return { outcome: 'bury', reason: `given up after ${hours} h and ${attempts + 1} attempts: ${reason}` }
}

/** A wait that doubles with each attempt, by half of it at random, so that many do not come back at once. */
export function backoff(attempts: number, random: () => number): number {
  const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20))
  return Math.round(wholeMs * (0.5 + random() / 2))
}
