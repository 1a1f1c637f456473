import { createHash } from 'node:crypto'
import type { Snapshot } from '../schemas/ports/batch-view.js'
import type { Matcher } from '../schemas/series/matcher.js'
import type { Series } from '../schemas/series/series.js'
import { alignUp, type TimeRange, windowStart } from '../schemas/time.js'
import { orAborted } from './cancel.js'
import type { SeriesRows } from './rows.js'
import { decodeRows, encodeRows } from './rows-codec.js'
import { type Views, viewFailure } from './views.js'

/** Ranges are widened to this grid, so that a dashboard that moves with the clock finds its list again, ms. */
const RANGE_GRID_MS = 300_000

/** A list longer than this is not kept, bytes. */
const LIST_BYTES = 16 << 20

/** The series that were found, and the views that could not be asked. */
export interface SeriesFound {
  series: Series[]
  failures: string[]
}

/**
 * Series of all three views that satisfy the matchers and have points in the range, as far as the views can tell.
 * Batch view and, behind the tide line, hot store are asked once in a while (tag index); the live view each time, so that
 * a new series is seen at once.
 */
export async function findSeries(
  views: Views,
  snapshot: Snapshot,
  range: TimeRange,
  matchers: readonly Matcher[],
  signal: AbortSignal,
): Promise<SeriesFound> {
  const failures: string[] = []
  const asked = async (view: string, work: () => Promise<Series[]>) => {
    try {
      return await orAborted(work(), signal)
    } catch (thrown) {
      failures.push(viewFailure(view, thrown))
      return []
    }
  }
  const wide = { startMs: windowStart(range.startMs, RANGE_GRID_MS), endMs: alignUp(range.endMs, RANGE_GRID_MS) }
  // The batch view has every series of what is sealed; the hot store would look for them hour by hour.
  const behind = { ...wide, startMs: Math.max(wide.startMs, windowStart(snapshot.frontierMs, RANGE_GRID_MS)) }
  const key = seriesKey(snapshot.epoch, wide, matchers)
  const [settled, live] = await Promise.all([
    views.cache.get(key).then(async (bytes) => {
      if (bytes) return decodeRows(bytes).map(({ series }) => series)
      const found = await Promise.all([
        asked('batch', () => views.batch.series(snapshot, wide, matchers)),
        asked('hot', async () => (behind.startMs < behind.endMs ? views.hot.series({ ...behind, matchers }) : [])),
      ])
      const all = union(found)
      const list = failures.length === 0 ? encodeRows(all.map(withoutRows), LIST_BYTES) : undefined
      if (list) await views.cache.set(key, list, views.tagIndexTtlMs)
      return all
    }),
    asked('live', () => views.live.series({ ...wide, matchers })),
  ])
  return { series: union([settled, live]), failures }
}

function union(lists: readonly (readonly Series[])[]): Series[] {
  const byId = new Map<bigint, Series>()
  for (const list of lists) for (const series of list) byId.set(series.id, series)
  return [...byId.values()]
}

function seriesKey(epoch: number, range: TimeRange, matchers: readonly Matcher[]): string {
  const text = JSON.stringify([epoch, range.startMs, range.endMs, matchers])
  return `tags:${createHash('sha256').update(text).digest('base64url')}`
}

function withoutRows(series: Series): SeriesRows {
  return { series, timeMs: new Float64Array(0), value: new Float64Array(0), stale: new Uint8Array(0) }
}
