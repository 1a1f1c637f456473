import { WINDOW_MS } from '../schemas/time.js'

/** Once windows should be complete, it is looked often for so long whether they are, ms. */
const EAGER_MS = 3000
/** The clock that is asked first may be a little behind, ms. */
const MARGIN_MS = 10

/** How often it is looked whether windows are complete, ms. */
export interface LookingPace {
  /** Windows wait so long for their points. */
  latenessMs: number
  /** While nothing is due. */
  everyMs: number
  /** While some window is. */
  eagerMs: number
}

/** The end of the newest window whose points that came on time are all there, by the clock, ms. */
export function dueThroughMs(nowMs: number, latenessMs: number): number {
  return Math.floor((nowMs - latenessMs) / WINDOW_MS) * WINDOW_MS
}

/**
 * How long to wait before it is looked again, ms: at the moment at which the next window is due, and often from then on
 * until it is complete. What stays behind for long is looked for no more often than all else.
 * @param throughMs up to here windows are known to be complete
 */
export function untilComplete(nowMs: number, throughMs: number, { latenessMs, everyMs, eagerMs }: LookingPace): number {
  const dueMs = dueThroughMs(nowMs, latenessMs)
  const sinceMs = nowMs - latenessMs - dueMs
  if (throughMs < dueMs && sinceMs < EAGER_MS) return Math.min(eagerMs, everyMs)
  return Math.min(everyMs, WINDOW_MS - sinceMs + MARGIN_MS)
}
