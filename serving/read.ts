import { createHash } from 'node:crypto'
import type { Snapshot } from '../schemas/ports/batch-view.js'
import type { Matcher } from '../schemas/series/matcher.js'
import { TIER_MS, type TimeRange, WINDOW_MS } from '../schemas/time.js'
import type { WindowColumns } from '../schemas/windows/columns.js'
import { orAborted, untilAborted } from './cancel.js'
import { PointCollector, type ReadBudget, type SeriesPoints } from './collector.js'
import type { Part } from './parts.js'
import type { PlanPart } from './plan.js'
import { decodePoints, encodePoints } from './points-codec.js'
import { type Coverage, type Views, viewFailure } from './views.js'

/** An answer larger than this is not kept: one query must not evict everyone's, bytes. */
const CACHED_BYTES = 4 << 20

/** What every part of one selection shares. */
export interface ReadRequest {
  snapshot: Snapshot
  matchers: readonly Matcher[]
  part: Part
  budget: ReadBudget
  /** Ends the reading of one view. */
  signal: AbortSignal
}

/** What one part gave. */
export interface PartRead {
  points: SeriesPoints[]
  /** What was really read: the hot store may have stood in for the live view. */
  coverage: Coverage[]
  /** Set if something is missing. */
  failure?: string
  /** What was thrown, if nothing could be read at all. */
  thrown?: unknown
}

/** Reads one part of a plan. A view that fails leaves its part empty with the reason; it does not throw for it. */
export async function readPart(views: Views, part: PlanPart, request: ReadRequest): Promise<PartRead> {
  try {
    if (part.view === 'batch') return await readSealed(views, part, request)
    if (part.view === 'live') return await readLive(views, part, request)
    return { points: await readHot(views, part, request), coverage: [covered('hot', part, part)] }
  } catch (thrown) {
    return { points: [], coverage: [], failure: viewFailure(part.view, thrown), thrown }
  }
}

/** The sealed past, kept under the generations that it was read at: a recompute makes another key, never a stale answer. */
async function readSealed(views: Views, part: PlanPart, request: ReadRequest): Promise<PartRead> {
  const { snapshot, matchers, signal } = request
  const coverage = [covered('batch', part, part)]
  const key = await orAborted(sealedKey(views, part, request), signal)
  const cached = await orAborted(views.cache.get(key), signal)
  if (cached) {
    const points = decodePoints(cached)
    request.budget.checkSeries(points.length)
    for (const { timeMs } of points) request.budget.takeSamples(timeMs.length)
    return { points, coverage }
  }
  const points = await collect(views.batch.read(snapshot, batchPart(part), matchers), part, TIER_MS[part.tier], request)
  const bytes = encodePoints(points)
  if (bytes.length <= CACHED_BYTES) await views.cache.set(key, bytes, views.queryTtlMs)
  return { points, coverage }
}

async function sealedKey(views: Views, part: PlanPart, request: ReadRequest): Promise<string> {
  const { startMs, endMs, tier } = part
  const blocks = await views.batch.blocks(request.snapshot, { startMs, endMs })
  const generations = blocks.map((block) => [block.startMs, block.generation]).sort((a, b) => a[0] - b[0])
  const text = JSON.stringify([request.matchers, request.part, tier, startMs, endMs, generations])
  return `sealed:${createHash('sha256').update(text).digest('base64url')}`
}

/**
 * The live view is a cache that drops its oldest windows at any time. If it says after the reading that it begins
 * later than it said before, or cannot be read at all, the hot store answers for what is missing.
 */
async function readLive(views: Views, part: PlanPart, request: ReadRequest): Promise<PartRead> {
  const { startMs, endMs } = part
  let failure: string | undefined
  let liveMs = endMs
  const chunks: WindowColumns[] = []
  try {
    for await (const chunk of untilAborted(
      views.live.read({ startMs, endMs, matchers: request.matchers }),
      request.signal,
    )) {
      chunks.push(chunk)
    }
    const coveredMs = (await orAborted(views.live.coveredFromMs(), request.signal)) ?? endMs
    liveMs = Math.min(Math.max(coveredMs, startMs), endMs)
  } catch (thrown) {
    failure = `${viewFailure('live', thrown)}; closed windows come from the hot store, open ones are missing`
    chunks.length = 0
  }
  const live = new PointCollector(request.part, { startMs: liveMs, endMs }, WINDOW_MS, request.budget)
  for (const chunk of chunks) live.add(chunk)
  const coverage: Coverage[] = liveMs < endMs ? [covered('live', part, { startMs: liveMs, endMs })] : []
  if (liveMs === startMs) return { points: live.finish(), coverage, failure }
  const older = { startMs, endMs: liveMs }
  const hot = await readHot(views, older, request)
  return { points: [...hot, ...live.finish()], coverage: [covered('hot', part, older), ...coverage], failure }
}

function readHot(views: Views, { startMs, endMs }: TimeRange, request: ReadRequest): Promise<SeriesPoints[]> {
  const windows = views.hot.read({ startMs, endMs, matchers: request.matchers })
  return collect(windows, { startMs, endMs }, WINDOW_MS, request)
}

async function collect(
  windows: AsyncIterable<WindowColumns>,
  range: TimeRange,
  tierMs: number,
  request: ReadRequest,
): Promise<SeriesPoints[]> {
  const collector = new PointCollector(request.part, range, tierMs, request.budget)
  for await (const chunk of untilAborted(windows, request.signal)) collector.add(chunk)
  return collector.finish()
}

function batchPart({ tier, startMs, endMs }: PlanPart) {
  return { tier, startMs, endMs }
}

function covered(view: Coverage['view'], { tier }: PlanPart, { startMs, endMs }: TimeRange): Coverage {
  return { view, tier, startMs, endMs }
}
