import { createHash } from 'node:crypto'

/** A scrape that begins this close to its planned time carries the planned time: regular times compress better. */
const TIMESTAMP_TOLERANCE_MS = 2

/**
 * Where in its interval a target is scraped, ms: spread by a hash of the target, so that many targets do not answer at
 * once and a restart does not move them, plus a jitter of up to 1 % of the interval, so that servers with the same
 * configuration do not come at the same moment.
 * @param identity what tells the target apart: its URL and labels
 */
export function scrapePhase(identity: string, intervalMs: number, random: () => number): number {
  const hash = createHash('sha256').update(identity).digest().readUInt32LE(0)
  return (hash + Math.floor((random() * intervalMs) / 100)) % intervalMs
}

/** The first time not before `nowMs` that lies at `phaseMs` in its interval. */
export function firstScrape(phaseMs: number, intervalMs: number, nowMs: number): number {
  return Math.ceil((nowMs - phaseMs) / intervalMs) * intervalMs + phaseMs
}

/** The planned time after `plannedMs`. Times that were missed, or a clock that was set back, are not made up for. */
export function nextScrape(plannedMs: number, intervalMs: number, nowMs: number): number {
  const next = plannedMs + intervalMs
  return next < nowMs || next > nowMs + intervalMs ? firstScrape(plannedMs % intervalMs, intervalMs, nowMs) : next
}

/** The time that the samples of a scrape get. */
export function scrapeTimestamp(plannedMs: number, nowMs: number): number {
  return Math.abs(nowMs - plannedMs) <= TIMESTAMP_TOLERANCE_MS ? plannedMs : nowMs
}
