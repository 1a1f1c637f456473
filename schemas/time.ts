/** The time grid: windows, tiers and blocks. All times are milliseconds since the epoch, event time. */

/** Length of a window of the speed layer, ms. */
export const WINDOW_MS = 10_000

/** A resolution of the batch view. */
export type Tier = '10s' | '1m' | '5m' | '1h' | '1d'

/** Every tier, finest first. */
export const TIERS: readonly Tier[] = ['10s', '1m', '5m', '1h', '1d']

/** Length of one window of a tier, ms. */
export const TIER_MS: Readonly<Record<Tier, number>> = {
  '10s': 10_000,
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
}

/**
 * Start of the window, block or other stretch of length `lengthMs` that holds a point of time `timeMs`.
 *
 * Stretches of points are left-open and right-closed: the one named by `start` holds start < t <= start + lengthMs. That
 * is how PromQL's ranges (t - r, t] are cut, so a range whose ends lie on the grid of a tier is exactly a run of its
 * windows, for points on the grid too, as many agents send them. Whatever places a point asks here; {@link alignDown}
 * is for times that are on a grid of starts already.
 */
export function windowStart(timeMs: number, lengthMs: number): number {
  return Math.ceil(timeMs / lengthMs) * lengthMs - lengthMs
}

/** The largest multiple of `stepMs` that is not after `timeMs`: of a finer stretch's start, the start of the coarser one. */
export function alignDown(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs
}

/** The smallest multiple of `stepMs` that is not before `timeMs`. */
export function alignUp(timeMs: number, stepMs: number): number {
  return Math.ceil(timeMs / stepMs) * stepMs
}

/** A stretch of starts [startMs, endMs): of whole windows or blocks, so of points startMs < t <= endMs. */
export interface TimeRange {
  startMs: number
  endMs: number
}

/** Tells the time, ms since the epoch; passed in so that tests own it. */
export type Clock = () => number
