import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { alignDown } from '../../schemas/time.js'
import { type BatchStage, type SentPoint, STAGE_START } from './batch-stage.js'

export const DAY = 86_400_000
const HOUR = 3_600_000
const EVERY_MS = 300_000

/** A series that repeats every day, and one of the same kind of which there is little. */
export const load = Series.of('load', { host: 'a' }, Kind.Sample)
export const young = Series.of('load', { host: 'b' }, Kind.Sample)
/** One that no rule names. */
export const other = Series.of('free', { host: 'a' }, Kind.Sample)

/** The first midnight after a stage's start. */
export const FIRST_DAY = alignDown(STAGE_START, DAY) + DAY

/** What `load` reads at a time: 50, and 20 up and down in a day. */
export function dailyLoad(timeMs: number): number {
  return 50 + 20 * Math.sin((2 * Math.PI * timeMs) / DAY) + ((timeMs / EVERY_MS) % 7) / 7
}

/** A reading every five minutes after a time and up to another. */
export function every5m(
  series: Series,
  fromMs: number,
  toMs: number,
  valueAt: (timeMs: number) => number,
): SentPoint[] {
  const points: SentPoint[] = []
  for (let timeMs = alignDown(fromMs, EVERY_MS) + EVERY_MS; timeMs <= toMs; timeMs += EVERY_MS)
    points.push({ series, timeMs, value: valueAt(timeMs) })
  return points
}

/** Sends what `points` gives for each hour of the days from {@link FIRST_DAY} on, and seals it all. */
export async function passDays(
  stage: BatchStage,
  days: number,
  points: (fromMs: number, toMs: number) => SentPoint[],
): Promise<void> {
  const endMs = FIRST_DAY + days * DAY
  for (let at = FIRST_DAY; at < endMs; at += 6 * HOUR) {
    stage.now = at + 6 * HOUR
    await stage.send(points(at, at + 6 * HOUR))
  }
  stage.now = endMs + HOUR / 2
  while ((await stage.work.sealReady()).sealed.length > 0);
}
