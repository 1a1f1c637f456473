import { TidemarkError } from '../../schemas/errors.js'
import type { BlockVersion } from '../../schemas/ports/batch-view.js'
import type { Tier, TimeRange } from '../../schemas/time.js'
import { readTogether } from './catalog.js'
import { type FileSpan, hiddenSpans } from './hidden-spans.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** The state of the batch view at an epoch. */
export interface EpochState {
  epoch: number
  frontierMs: number
  /** See `Snapshot`, likewise below. */
  completeThroughMs: number
  closedThroughMs: number
}

/**
 * The newest epoch, or an older one that is readable.
 * @param sinceMs epochs superseded before it are gone. Throws TM_QUERY_EPOCH.
 */
export async function epochState(
  db: CatalogDb,
  epoch: number | undefined,
  sinceMs: number,
  retention: string,
): Promise<EpochState> {
  if (epoch === undefined) return newestState(db)
  return readTogether(db, (tx) => olderState(tx, epoch, sinceMs, retention))
}

async function newestState(db: CatalogDb | CatalogTx): Promise<EpochState> {
  const row = await db
    .selectFrom('batch_state')
    .leftJoin('speed_complete', (join) => join.onTrue())
    .select((eb) => [
      'epoch',
      'frontier_ms',
      eb.fn.min('through_ms').as('through_ms'),
      eb.fn.min('closed_ms').as('closed_ms'),
    ])
    .groupBy(['epoch', 'frontier_ms'])
    .executeTakeFirstOrThrow()
  return {
    epoch: row.epoch,
    frontierMs: row.frontier_ms,
    completeThroughMs: row.through_ms ?? 0,
    closedThroughMs: row.closed_ms ?? 0,
  }
}

async function olderState(tx: CatalogTx, epoch: number, sinceMs: number, retention: string): Promise<EpochState> {
  const state = await newestState(tx)
  if (epoch === state.epoch) return state
  const refuse = (reason: string) => new TidemarkError('TM_QUERY_EPOCH', { epoch, reason, retention })
  if (!Number.isInteger(epoch) || epoch < 1 || epoch > state.epoch) throw refuse(`epochs go from 1 to ${state.epoch}`)
  const rows = await tx
    .selectFrom('publications')
    .select(['epoch', 'frontier_ms', 'published_ms'])
    .where('epoch', 'in', [epoch, epoch + 1])
    .execute()
  const own = rows.find((row) => row.epoch === epoch)
  const next = rows.find((row) => row.epoch === epoch + 1)
  if (!own || !next || next.published_ms <= sinceMs) throw refuse('it was superseded too long ago')
  return { ...state, epoch, frontierMs: own.frontier_ms }
}

/** A tier's file that is current at an epoch. */
export interface CurrentFile extends FileSpan {
  id: number
  key: string
  /** 0: there is no object, its span holds nothing. */
  windows: number
  bytes: number
  /** First and last metric, by name; null: it may hold any. */
  metricFrom: string | null
  metricTo: string | null
  /** What newer files answer for. */
  hidden: readonly TimeRange[]
}

/** The tier's files that are current at the epoch and overlap the range, by span. */
export async function filesAt(
  db: CatalogDb | CatalogTx,
  epoch: number,
  tier: Tier,
  range: TimeRange,
): Promise<CurrentFile[]> {
  const rows = await db
    .selectFrom('tier_files')
    .select([
      'id',
      'key',
      'windows',
      'bytes',
      'span_start as spanStart',
      'span_end as spanEnd',
      'epoch_from as epochFrom',
      'metric_from as metricFrom',
      'metric_to as metricTo',
    ])
    .where('tier', '=', tier)
    .where('span_start', '<', range.endMs)
    .where('span_end', '>', range.startMs)
    .where('epoch_from', '<=', epoch)
    .where((eb) => eb.or([eb('epoch_to', 'is', null), eb('epoch_to', '>', epoch)]))
    .orderBy('span_start')
    .orderBy('id')
    .execute()
  const hidden = hiddenSpans(rows)
  return rows.map((row, place) => ({ ...row, hidden: hidden[place] }))
}

/** Blocks of the range that 10 s files hold at the epoch, with their generations. */
export function blocksAt(db: CatalogDb, epoch: number, range: TimeRange, blockMs: number): Promise<BlockVersion[]> {
  return readTogether(db, (tx) => blockVersions(tx, epoch, range, blockMs))
}

async function blockVersions(tx: CatalogTx, epoch: number, range: TimeRange, blockMs: number): Promise<BlockVersion[]> {
  const starts = await blocksOf(tx, await filesAt(tx, epoch, '10s', range), range, blockMs)
  if (starts.length === 0) return []
  const generations = await tx
    .selectFrom('publications')
    .select(['block_start', (eb) => eb.fn.max('generation').as('generation')])
    .where('block_start', 'in', starts)
    .where('epoch', '<=', epoch)
    .groupBy('block_start')
    .execute()
  const generationOf = new Map(generations.map((row) => [row.block_start, row.generation]))
  const dirty = await tx
    .selectFrom('blocks')
    .select('start_ms')
    .where('start_ms', 'in', starts)
    .whereRef('raw_version', '>', 'computed_version')
    .execute()
  const dirtyStarts = new Set(dirty.map((row) => row.start_ms))
  return starts.map((startMs) => ({
    startMs,
    generation: generationOf.get(startMs) ?? 1,
    files: 1,
    dirty: dirtyStarts.has(startMs),
  }))
}

/** The blocks of some files: a compacted file holds those of its span that have points. */
async function blocksOf(
  tx: CatalogTx,
  files: readonly CurrentFile[],
  range: TimeRange,
  blockMs: number,
): Promise<number[]> {
  const held = files.filter(({ windows }) => windows > 0)
  const starts = new Set(held.filter((file) => file.spanEnd - file.spanStart <= blockMs).map((file) => file.spanStart))
  const compacted = held.filter((file) => file.spanEnd - file.spanStart > blockMs)
  if (compacted.length > 0) {
    const rows = await tx
      .selectFrom('blocks')
      .select('start_ms')
      .where('generation', '>', 0)
      .where('start_ms', '>', range.startMs - blockMs)
      .where('start_ms', '<', range.endMs)
      .execute()
    for (const { start_ms: startMs } of rows) {
      if (compacted.some((file) => startMs >= file.spanStart && startMs < file.spanEnd)) starts.add(startMs)
    }
  }
  return [...starts].sort((a, b) => a - b)
}

/** True if the file may hold one of the metrics. */
export function mayHold({ metricFrom, metricTo }: CurrentFile, metrics: ReadonlySet<string>): boolean {
  if (metricFrom === null || metricTo === null) return true
  for (const metric of metrics) if (metric >= metricFrom && metric <= metricTo) return true
  return false
}
