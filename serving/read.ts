import { createHash } from 'node:crypto'
import type { BatchPart, Snapshot } from '../schemas/ports/batch-view.js'
import type { Matcher } from '../schemas/series/matcher.js'
import type { Series } from '../schemas/series/series.js'
import { TIER_MS, type TimeRange, WINDOW_MS } from '../schemas/time.js'
import type { WindowColumns } from '../schemas/windows/columns.js'
import { orAborted, untilAborted } from './cancel.js'
import { type ReadBudget, RowCollector } from './collector.js'
import type { PlanPart } from './plan.js'
import { columnsOf, type Reading } from './reading.js'
import type { SeriesRows } from './rows.js'
import { decodeRows, encodeRows } from './rows-codec.js'
import type { SealedRows } from './sealed-rows.js'
import { type Coverage, NOT_FED, type Views, viewFailure, WITHOUT_LIVE } from './views.js'

/** An answer larger than this is not kept where others keep theirs: one query must not evict everyone's, bytes. */
const CACHED_BYTES = 4 << 20

/** Takes windows as they are read, in any order, and gives rows of them. */
export type WindowGatherer = Pick<RowCollector, 'add' | 'finish'>

/** What every part of one selection shares. */
export interface ReadRequest {
  snapshot: Snapshot
  matchers: readonly Matcher[]
  reading: Reading
  budget: ReadBudget
  /** Sealed parts that this process has read before. */
  sealed: SealedRows
  /** What windows of 10 s are gathered in that start in a range; left out: in rows that are given. */
  gather?: (range: TimeRange) => WindowGatherer
  /** Ends the reading of one view. */
  signal: AbortSignal
  /** Ends the query: the reading of what stands in for a view. */
  ending: AbortSignal
}

/** What one part gave. */
export interface PartRead {
  rows: readonly SeriesRows[]
  /** What was really read: the hot store may have stood in for the live view. */
  coverage: Coverage[]
  /** What the reader of the answer must know. */
  warning?: string
  /** Set if something is missing. */
  failure?: string
  /** What was thrown, if nothing could be read at all. */
  thrown?: unknown
}

/** Reads one part of a plan. A view that fails leaves its part empty with the reason; it does not throw for it. */
export async function readPart(views: Views, part: PlanPart, request: ReadRequest): Promise<PartRead> {
  try {
    if (part.view === 'batch') {
      return await (request.gather
        ? gatherSealed(views, part, request, request.gather)
        : readSealed(views, part, request))
    }
    if (part.view === 'live') return await readLive(views, part, request)
    return { rows: await readHot(views, part, request, request.signal), coverage: [covered('hot', part, part)] }
  } catch (thrown) {
    return { rows: [], coverage: [], failure: viewFailure(part.view, thrown), thrown }
  }
}

async function gatherSealed(
  views: Views,
  part: PlanPart,
  { snapshot, matchers, reading, signal }: ReadRequest,
  gather: NonNullable<ReadRequest['gather']>,
): Promise<PartRead> {
  const gatherer = gather(part)
  const batch = views.batch.read(snapshot, { ...batchPart(part), columns: columnsOf(reading) }, matchers)
  for await (const chunk of untilAborted(batch, signal)) gatherer.add(chunk)
  return { rows: gatherer.finish(), coverage: [covered('batch', part, part)] }
}

/** The sealed past, kept under the files that it was read from: a recompute makes another key, never a stale answer. */
async function readSealed(views: Views, part: PlanPart, request: ReadRequest): Promise<PartRead> {
  const { signal, budget } = request
  const coverage = [covered('batch', part, part)]
  const key = await orAborted(sealedKey(views, part, request), signal)
  const kept = request.sealed.get(key) ?? (await keptElsewhere(views, key, request))
  if (kept) {
    budget.checkSeries(kept.length)
    for (const { timeMs } of kept) budget.takeSamples(timeMs.length)
    return { rows: kept, coverage }
  }
  const { rows, warning } = await readBatch(views, part, request)
  if (!warning) {
    request.sealed.set(key, rows)
    const bytes = encodeRows(rows, CACHED_BYTES)
    if (bytes) await views.cache.set(key, bytes, views.queryTtlMs)
  }
  return { rows, coverage, warning }
}

async function keptElsewhere(views: Views, key: string, request: ReadRequest): Promise<SeriesRows[] | undefined> {
  const bytes = await orAborted(views.cache.get(key), request.signal)
  if (!bytes) return undefined
  const rows = decodeRows(bytes)
  request.sealed.set(key, rows)
  return rows
}

async function sealedKey(views: Views, part: PlanPart, request: ReadRequest): Promise<string> {
  const version = await views.batch.version(request.snapshot, batchPart(part))
  const { startMs, endMs, tier, unfit } = part
  const text = JSON.stringify([request.matchers, request.reading, tier, startMs, endMs, unfit, version])
  return `sealed:${createHash('sha256').update(text).digest('base64url')}`
}

/** Windows that do not say enough are read again from the 10 s windows in them, those of their series only. */
async function readBatch(
  views: Views,
  part: PlanPart,
  request: ReadRequest,
): Promise<{ rows: SeriesRows[]; warning?: string }> {
  const { snapshot, matchers, reading, signal, budget } = request
  const columns = columnsOf(reading)
  const tierMs = TIER_MS[part.tier]
  const collector = new RowCollector({ reading, range: part, tierMs, unfit: part.unfit }, budget)
  const batch = views.batch.read(snapshot, { ...batchPart(part), columns }, matchers)
  for await (const chunk of untilAborted(batch, signal)) collector.add(chunk)
  if (collector.unfit.size > 0) {
    const series: Series[] = [...collector.unfit.keys()]
    const finer: BatchPart = { ...spanOf(collector.unfit.values(), tierMs), tier: '10s', columns, series }
    for await (const chunk of untilAborted(views.batch.read(snapshot, finer, matchers), signal))
      collector.addFiner(chunk)
  }
  const warning = collector.keptUnfit
    ? `some windows of ${part.tier} hold values that are not finite, and no finer ones are held: they are left out`
    : undefined
  return { rows: collector.finish(), warning }
}

/** The range from the first to the last of these windows. */
function spanOf(starts: Iterable<ReadonlySet<number>>, tierMs: number): TimeRange {
  const span = { startMs: Number.POSITIVE_INFINITY, endMs: Number.NEGATIVE_INFINITY }
  for (const one of starts) {
    for (const startMs of one) {
      span.startMs = Math.min(span.startMs, startMs)
      span.endMs = Math.max(span.endMs, startMs + tierMs)
    }
  }
  return span
}

/**
 * The live view is a cache that drops its oldest windows at any time. If it says after the reading that it begins
 * later than it said before, or cannot be read at all, the hot store answers for what is missing.
 */
async function readLive(views: Views, part: PlanPart, request: ReadRequest): Promise<PartRead> {
  const { startMs, endMs } = part
  let failure: string | undefined
  let warning: string | undefined
  let liveMs = endMs
  const chunks: WindowColumns[] = []
  try {
    for await (const chunk of untilAborted(
      views.live.read({ startMs, endMs, matchers: request.matchers }),
      request.signal,
    )) {
      chunks.push(chunk)
    }
    const coveredMs = await orAborted(views.live.coveredFromMs(), request.signal)
    if (coveredMs === undefined) warning = NOT_FED
    liveMs = Math.min(Math.max(coveredMs ?? endMs, startMs), endMs)
  } catch (thrown) {
    failure = `${viewFailure('live', thrown)}; ${WITHOUT_LIVE}`
    chunks.length = 0
  }
  const live = gathererOf(request, { startMs: liveMs, endMs })
  for (const chunk of chunks) live.add(chunk)
  const coverage: Coverage[] = liveMs < endMs ? [covered('live', part, { startMs: liveMs, endMs })] : []
  if (liveMs === startMs) return { rows: live.finish(), coverage }
  const older = { startMs, endMs: liveMs }
  const hot = await readHot(views, older, request, request.ending)
  return { rows: [...hot, ...live.finish()], coverage: [covered('hot', part, older), ...coverage], failure, warning }
}

async function readHot(
  views: Views,
  { startMs, endMs }: TimeRange,
  request: ReadRequest,
  signal: AbortSignal,
): Promise<SeriesRows[]> {
  const { matchers } = request
  const collector = gathererOf(request, { startMs, endMs })
  for await (const chunk of untilAborted(views.hot.read({ startMs, endMs, matchers }), signal)) collector.add(chunk)
  return collector.finish()
}

function gathererOf({ gather, reading, budget }: ReadRequest, range: TimeRange): WindowGatherer {
  return gather?.(range) ?? new RowCollector({ reading, range, tierMs: WINDOW_MS }, budget)
}

function batchPart({ tier, startMs, endMs }: PlanPart): BatchPart {
  return { tier, startMs, endMs }
}

function covered(view: Coverage['view'], { tier }: PlanPart, { startMs, endMs }: TimeRange): Coverage {
  return { view, tier, startMs, endMs }
}
