import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { alignDown } from '../../schemas/time.js'
import { type SentPoint, STAGE_START } from '../law/batch-stage.js'
import { chance, pick, type Random, wholeUpTo } from '../promql-grammar/random-pick.js'
import { type Behaviour, counter, gauge, odd, UNUSUAL } from './random-points.js'

const MINUTE_MS = 60_000
/** Points lie after it: on the grid of every tier but the longest. */
export const MERGED_START_MS = alignDown(STAGE_START, 60 * MINUTE_MS)
/** End of the sealed past. */
export const TIDE_LINE_MS = MERGED_START_MS + 120 * MINUTE_MS
/** From here on the live view has the windows. */
export const LIVE_FROM_MS = TIDE_LINE_MS + 10 * MINUTE_MS
export const MERGED_END_MS = TIDE_LINE_MS + 20 * MINUTE_MS

/** Metrics whose windows hold one point: answers over windows are those over the points. */
export const SPARSE_METRICS = ['requests_total', 'temperature', 'odd']
/** Metrics with several points a window. */
export const DENSE_METRICS = ['dense', 'hits', 'took']

const BEHAVIOURS: Readonly<Record<string, (random: Random) => Behaviour>> = {
  requests_total: counter,
  temperature: gauge,
  // A sketch of the largest and the smallest floats at once has no bound.
  odd: (random) => odd(random, UNUSUAL),
  dense: (random) => (chance(random, 0.5) ? counter(random) : gauge(random)),
  hits: (random) => () => 1 + wholeUpTo(random, 4),
  took: (random) => () => 1.5 ** wholeUpTo(random, 20),
}
const KINDS: Readonly<Record<string, Kind>> = { hits: Kind.EventCounter, took: Kind.EventTimer }

/** Points of some series of every kind, over sealed windows, hot ones and live ones. */
export function mergedPoints(random: Random): SentPoint[] {
  const points: SentPoint[] = []
  for (const [metric, behaviour] of Object.entries(BEHAVIOURS)) {
    for (const job of ['a', 'b']) {
      for (const instance of ['a', 'b']) {
        if (chance(random, 0.25)) continue
        const series = Series.of(metric, { job, instance }, KINDS[metric] ?? Kind.Sample)
        points.push(...pointsOf(random, series, behaviour(random)))
      }
    }
  }
  return points.sort((a, b) => a.timeMs - b.timeMs)
}

function pointsOf(random: Random, series: Series, next: Behaviour): SentPoint[] {
  const isSparse = SPARSE_METRICS.includes(series.metric)
  const spacingMs = isSparse ? pick(random, [10_000, 10_000, 15_000, 60_000]) : pick(random, [2500, 4000])
  const offMs = pick(random, [0, 0, 500, 9500])
  const jitters = isSparse && spacingMs > 10_000 && chance(random, 0.5)
  const [gaps, markers] = [pick(random, [0, 0.02]), series.kind === Kind.Sample ? pick(random, [0, 0.01]) : 0]
  const points: SentPoint[] = []
  let at = MERGED_START_MS + offMs
  for (;;) {
    at += spacingMs
    if (chance(random, gaps)) at += wholeUpTo(random, 60) * spacingMs
    const timeMs = at + (jitters ? wholeUpTo(random, (spacingMs - 10_000) / 500) * 500 : 0)
    if (timeMs > MERGED_END_MS) return points
    const value = next()
    const stale = chance(random, markers)
    points.push({ series, timeMs, value: stale ? Number.NaN : Number(value), ...(stale && { stale }) })
  }
}
