import { Kind } from '../../schemas/points.js'
import type { TimeRange } from '../../schemas/time.js'
import { askPart } from './answers.js'
import { seriesText, windowKey, windowOf } from './expected.js'
import type { Pipeline } from './pipeline.js'
import type { StoredPoint, World } from './world.js'

const WINDOW_MS = 10_000
/** Windows that should have been closed for so long are asked for, ms. */
const GRACE_MS = 5_000
const METRIC = 'cpu'

/**
 * An answer that does not say that something is missing has every reading that came on time, in each window that should
 * be closed by now, whatever crashes or is held up.
 * @throws which windows hold too few
 */
export async function checkOnTime(world: World, process: Pipeline, range: TimeRange): Promise<void> {
  const { latenessMs } = world.settings
  const endMs = Math.min(range.endMs, windowOf(world.nowMs - latenessMs - WINDOW_MS - GRACE_MS, WINDOW_MS))
  if (endMs <= range.startMs) return
  const query = await process.merged.open()
  const answer = await askPart(query, METRIC, 'count', { startMs: range.startMs, endMs })
  if (query.partialReasons.size > 0) return
  const missing: string[] = []
  for (const [key, count] of onTime(world.stored, { startMs: range.startMs, endMs }, latenessMs)) {
    const found = answer.get(key)?.value ?? 0
    if (found < count) missing.push(`${key} counts ${found} of ${count} readings`)
  }
  if (missing.length > 0) throw new Error(`an answer that seemed whole lacks what came on time: ${missing.slice(0, 5)}`)
}

/** How many readings of each window were received before it could be closed. */
function onTime(points: readonly StoredPoint[], range: TimeRange, latenessMs: number): Map<string, number> {
  const times = new Map<string, Set<number>>()
  // Of several readings of one time the largest counts, which need not be a number.
  const spoilt = new Set<string>()
  for (const { series, timeMs, value, stale, receivedMs } of points) {
    if (series.metric !== METRIC || series.kind !== Kind.Sample) continue
    if (timeMs <= range.startMs || timeMs > range.endMs) continue
    const key = windowKey(seriesText(METRIC, Object.entries(series.labels)), windowOf(timeMs, WINDOW_MS))
    if (stale || !Number.isFinite(value)) spoilt.add(key)
    else if (timeMs > receivedMs - latenessMs) times.set(key, (times.get(key) ?? new Set()).add(timeMs))
  }
  return new Map([...times].filter(([key]) => !spoilt.has(key)).map(([key, own]) => [key, own.size]))
}
