import { TidemarkError } from '../../schemas/errors.js'
import type { BlockVersion } from '../../schemas/ports/batch-view.js'
import type { Tier, TimeRange } from '../../schemas/time.js'
import { readState } from './catalog.js'
import type { CatalogDb } from './tables.js'

/** The state of the batch view at an epoch. */
export interface EpochState {
  epoch: number
  frontierMs: number
}

/** The newest epoch, or an older one that is readable. @param sinceMs epochs superseded before it are gone. Throws TM_QUERY_EPOCH. */
export async function epochState(
  db: CatalogDb,
  epoch: number | undefined,
  sinceMs: number,
  retention: string,
): Promise<EpochState> {
  const state = await readState(db)
  if (epoch === undefined || epoch === state.epoch) return { epoch: state.epoch, frontierMs: state.frontierMs }
  const refuse = (reason: string) => new TidemarkError('TM_QUERY_EPOCH', { epoch, reason, retention })
  if (!Number.isInteger(epoch) || epoch < 1 || epoch > state.epoch) throw refuse(`epochs go from 1 to ${state.epoch}`)
  const rows = await db
    .selectFrom('publications')
    .select(['epoch', 'frontier_ms', 'published_ms'])
    .where('epoch', 'in', [epoch, epoch + 1])
    .execute()
  const own = rows.find((row) => row.epoch === epoch)
  const next = rows.find((row) => row.epoch === epoch + 1)
  if (!own || !next || next.published_ms <= sinceMs) throw refuse('it was superseded too long ago')
  return { epoch, frontierMs: own.frontier_ms }
}

/** Keys of the tier's files that are current at the epoch and overlap the range, by span. */
export async function filesAt(
  db: CatalogDb,
  epoch: number,
  tier: Tier,
  range: TimeRange,
): Promise<{ key: string; spanStart: number }[]> {
  const rows = await db
    .selectFrom('tier_files')
    .select(['key', 'span_start'])
    .where('tier', '=', tier)
    .where('span_start', '<', range.endMs)
    .where('span_end', '>', range.startMs)
    .where('epoch_from', '<=', epoch)
    .where((eb) => eb.or([eb('epoch_to', 'is', null), eb('epoch_to', '>', epoch)]))
    .orderBy('span_start')
    .execute()
  return rows.map((row) => ({ key: row.key, spanStart: row.span_start }))
}

/** Blocks of the range that hold 10 s files at the epoch, with their generations. */
export async function blocksAt(db: CatalogDb, epoch: number, range: TimeRange): Promise<BlockVersion[]> {
  const files = new Map<number, number>()
  for (const { spanStart } of await filesAt(db, epoch, '10s', range))
    files.set(spanStart, (files.get(spanStart) ?? 0) + 1)
  if (files.size === 0) return []
  const starts = [...files.keys()]
  const generations = await db
    .selectFrom('publications')
    .select(['block_start', (eb) => eb.fn.max('generation').as('generation')])
    .where('block_start', 'in', starts)
    .where('epoch', '<=', epoch)
    .groupBy('block_start')
    .execute()
  const generationOf = new Map(generations.map((row) => [row.block_start, row.generation]))
  const dirty = await db
    .selectFrom('blocks')
    .select('start_ms')
    .where('start_ms', 'in', starts)
    .whereRef('raw_version', '>', 'computed_version')
    .execute()
  const dirtyStarts = new Set(dirty.map((row) => row.start_ms))
  return starts.map((startMs) => ({
    startMs,
    generation: generationOf.get(startMs) ?? 1,
    files: files.get(startMs) ?? 0,
    dirty: dirtyStarts.has(startMs),
  }))
}
