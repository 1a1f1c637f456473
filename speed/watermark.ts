import { WINDOW_MS, windowStart } from '../schemas/time.js'

/** How long a window waits for its points, and when a silent partition goes on without any. */
export interface WatermarkRules {
  latenessMs: number
  idleAfterMs: number
}

/**
 * The watermark after a record: no point older than it is expected any more. It follows the newest event time, less
 * the lateness, but never runs ahead of the time at which the gateway received the record: a clock that is minutes
 * fast cannot close everyone's windows. Both come from the log, so a replay gives what live gave.
 * @param before undefined at the very first record of a partition: then history is left to the batch layer
 * @returns ms since the epoch
 */
export function watermarkAfter(
  before: number | undefined,
  newestMs: number,
  receivedMs: number,
  rules: WatermarkRules,
): number {
  if (before === undefined) return receivedMs - rules.latenessMs
  return Math.max(before, Math.min(newestMs, receivedMs) - rules.latenessMs)
}

/** The watermark of a partition that got no record for a while: it follows the clock. */
export function idleWatermark(
  before: number | undefined,
  lastRecordMs: number,
  nowMs: number,
  rules: WatermarkRules,
): number | undefined {
  if (before === undefined || nowMs - lastRecordMs < rules.idleAfterMs) return before
  return Math.max(before, nowMs - rules.latenessMs)
}

/**
 * Windows that end at or before this, and so start before it, are closed at a watermark. A point as old as the watermark
 * may still come, and a window holds the point at its end: it is closed once the watermark lies beyond that.
 */
export function closedBefore(watermarkMs: number): number {
  return windowStart(watermarkMs, WINDOW_MS)
}

/** What the speed layer keeps with its committed position. */
export interface SpeedCommit {
  /** Watermark at the commit, ms. */
  watermarkMs: number
  /** Offset up to which (exclusive) records were applied: late points before it are in the ledger already. */
  appliedTo: number
}

/** The commit's metadata as text. */
export function formatCommit(commit: SpeedCommit): string {
  return JSON.stringify(commit)
}

/** Reads back {@link formatCommit}. */
export function parseCommit(metadata: string): SpeedCommit {
  return JSON.parse(metadata) as SpeedCommit
}
