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

/** Start of the aligned stretch of length `stepMs` that holds `timeMs`. */
export function alignDown(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs
}

/** The smallest multiple of `stepMs` that is not before `timeMs`. */
export function alignUp(timeMs: number, stepMs: number): number {
  return Math.ceil(timeMs / stepMs) * stepMs
}

/** A half-open stretch of time [startMs, endMs). */
export interface TimeRange {
  startMs: number
  endMs: number
}

/** Tells the time, ms since the epoch; passed in so that tests own it. */
export type Clock = () => number
