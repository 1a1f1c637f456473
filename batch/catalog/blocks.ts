import type { Tier, TimeRange } from '../../schemas/time.js'
import { readState, readTogether } from './catalog.js'
import { registerSeries, type SeriesSpan } from './series.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** What a recompute starts from; publishing checks that it still holds. */
export interface BlockBase {
  startMs: number
  /** 0 for a block that is not sealed yet. */
  generation: number
  rawVersion: number
  epoch: number
  frontierMs: number
  rawFiles: { id: number; key: string; partition: number | null; points: number; bytes: number }[]
}

/** A tier's new file for one span; without windows there is no file. */
export interface TierFile extends TimeRange {
  tier: Tier
  key?: string
  windows: number
  bytes: number
}

/** One block's next generation. */
export interface Publication {
  base: BlockBase
  /** Every tier and span that changes. */
  files: readonly TierFile[]
  /** The block's raw points rewritten as one file, which replaces those of the base. */
  compacted?: { key: string; points: number; bytes: number }
  /** Series that the recompute made. */
  series: readonly SeriesSpan[]
  nowMs: number
}

/** Reads a block's raw files and versions at one moment. */
export function readBase(db: CatalogDb, startMs: number): Promise<BlockBase> {
  return readTogether(db, async (tx) => {
    const state = await readState(tx)
    const row = await tx.selectFrom('blocks').selectAll().where('start_ms', '=', startMs).executeTakeFirst()
    const rawFiles = await tx
      .selectFrom('raw_files')
      .select(['id', 'key', 'partition', 'points', 'bytes'])
      .where('block_start', '=', startMs)
      .where('retired_ms', 'is', null)
      .orderBy('id')
      .execute()
    const sealed = startMs < state.frontierMs
    return {
      startMs,
      generation: row?.generation || (sealed ? await generationAt(tx, startMs, state.epoch) : 0),
      rawVersion: row?.raw_version ?? 0,
      epoch: state.epoch,
      frontierMs: state.frontierMs,
      rawFiles,
    }
  })
}

/** What an audit of a block starts from. */
export interface AuditBase {
  startMs: number
  epoch: number
  frontierMs: number
  generation: number
  /** Points were archived since the generation was computed. */
  isDirty: boolean
  /** Offset up to which each partition is archived. */
  archivedTo: ReadonlyMap<number, number>
}

/** Reads all of it at one moment: a clean block's generation holds every point that was archived by then. */
export function readAuditBase(db: CatalogDb, startMs: number): Promise<AuditBase> {
  return readTogether(db, async (tx) => {
    const { epoch, frontierMs } = await readState(tx)
    const row = await tx.selectFrom('blocks').selectAll().where('start_ms', '=', startMs).executeTakeFirst()
    const positions = await tx.selectFrom('archive_progress').select(['partition', 'next_offset']).execute()
    return {
      startMs,
      epoch,
      frontierMs,
      generation: row?.generation || (await generationAt(tx, startMs, epoch)),
      isDirty: row !== undefined && row.raw_version > row.computed_version,
      archivedTo: new Map(positions.map((position) => [position.partition, position.next_offset])),
    }
  })
}

/** Generation of a sealed block at an epoch: the newest published by then, or 1 for those before the origin. */
async function generationAt(tx: CatalogTx, startMs: number, epoch: number): Promise<number> {
  const row = await tx
    .selectFrom('publications')
    .select('generation')
    .where('block_start', '=', startMs)
    .where('epoch', '<=', epoch)
    .orderBy('epoch', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.generation ?? 1
}

/**
 * Flips every tier of the block in one transaction, with a new generation and a new epoch.
 * @returns undefined if the base no longer holds, because another recompute was faster: nothing is changed then
 */
export function publish(
  db: CatalogDb,
  blockMs: number,
  publication: Publication,
): Promise<{ generation: number; epoch: number } | undefined> {
  const { base, files, compacted, nowMs } = publication
  return db.transaction().execute(async (tx) => {
    const state = await readState(tx, 'update')
    const seals = base.startMs === base.frontierMs
    if (seals ? state.frontierMs !== base.frontierMs : base.startMs >= state.frontierMs) return undefined
    if (await hasMoved(tx, base, files)) return undefined
    const epoch = state.epoch + 1
    const generation = base.generation + 1
    const frontierMs = seals ? base.startMs + blockMs : state.frontierMs
    await registerSeries(tx, publication.series)
    await tx.updateTable('batch_state').set({ epoch, frontier_ms: frontierMs }).execute()
    await tx
      .insertInto('publications')
      .values({ epoch, block_start: base.startMs, generation, frontier_ms: frontierMs, published_ms: nowMs })
      .execute()
    for (const file of files) await flipSpan(tx, file, epoch, nowMs)
    if (compacted) await replaceRaw(tx, base, compacted, nowMs)
    await settleBlock(tx, base, generation, nowMs)
    return { generation, epoch }
  })
}

/** True if a block whose windows went into these files was published, or the block's raw files changed hands, since. */
async function hasMoved(tx: CatalogTx, base: BlockBase, files: readonly TierFile[]): Promise<boolean> {
  const startMs = Math.min(base.startMs, ...files.map((file) => file.startMs))
  const endMs = Math.max(base.startMs + 1, ...files.map((file) => file.endMs))
  const moved = await tx
    .selectFrom('publications')
    .select('epoch')
    .where('epoch', '>', base.epoch)
    .where('block_start', '>=', startMs)
    .where('block_start', '<', endMs)
    .limit(1)
    .executeTakeFirst()
  return moved !== undefined
}

/** A compacted file that holds the span stays: the new one lies over it. Without windows an empty one must hide it. */
async function flipSpan(tx: CatalogTx, file: TierFile, epoch: number, nowMs: number): Promise<void> {
  await tx
    .updateTable('tier_files')
    .set({ epoch_to: epoch, retired_ms: nowMs })
    .where('tier', '=', file.tier)
    .where('span_start', '=', file.startMs)
    .where('span_end', '=', file.endMs)
    .where('epoch_to', 'is', null)
    .execute()
  if (file.key === undefined && !(await isCovered(tx, file))) return
  await tx
    .insertInto('tier_files')
    .values({
      key: file.key ?? `none/${file.tier}/${file.startMs}/${epoch}`,
      tier: file.tier,
      span_start: file.startMs,
      span_end: file.endMs,
      windows: file.windows,
      bytes: file.bytes,
      epoch_from: epoch,
      epoch_to: null,
      retired_ms: null,
    })
    .execute()
}

async function isCovered(tx: CatalogTx, { tier, startMs, endMs }: TierFile): Promise<boolean> {
  const covering = await tx
    .selectFrom('tier_files')
    .select('id')
    .where('tier', '=', tier)
    .where('span_start', '<=', startMs)
    .where('span_end', '>=', endMs)
    .where('epoch_to', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return covering !== undefined
}

async function replaceRaw(
  tx: CatalogTx,
  base: BlockBase,
  compacted: { key: string; points: number; bytes: number },
  nowMs: number,
): Promise<void> {
  const ids = base.rawFiles.map((file) => file.id)
  await tx.updateTable('raw_files').set({ retired_ms: nowMs }).where('id', 'in', ids).execute()
  await tx
    .insertInto('raw_files')
    .values({ ...compacted, block_start: base.startMs, partition: null, retired_ms: null })
    .execute()
}

/** Raw files that were registered after the base was read leave the block dirty. */
async function settleBlock(tx: CatalogTx, base: BlockBase, generation: number, nowMs: number): Promise<void> {
  await tx
    .updateTable('blocks')
    .set((eb) => ({
      generation,
      computed_version: base.rawVersion,
      recomputing_ms: null,
      dirty_first_ms: eb.case().when('raw_version', '>', base.rawVersion).then(nowMs).else(null).end(),
      dirty_last_ms: eb.case().when('raw_version', '>', base.rawVersion).then(nowMs).else(null).end(),
    }))
    .where('start_ms', '=', base.startMs)
    .execute()
}

/** Marks a block as being recomputed, for the status. */
export async function markRecomputing(db: CatalogDb, startMs: number, nowMs: number): Promise<void> {
  await db.updateTable('blocks').set({ recomputing_ms: nowMs }).where('start_ms', '=', startMs).execute()
}

/** Sealed dirty blocks whose last late point is older than `debounceMs`, or whose first is older than `deadlineMs`. */
export async function dirtyBlocks(
  db: CatalogDb,
  nowMs: number,
  debounceMs: number,
  deadlineMs: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('blocks')
    .select('start_ms')
    .whereRef('raw_version', '>', 'computed_version')
    .where('generation', '>', 0)
    .where((eb) =>
      eb.or([eb('dirty_last_ms', '<=', nowMs - debounceMs), eb('dirty_first_ms', '<=', nowMs - deadlineMs)]),
    )
    .orderBy('start_ms')
    .execute()
  return rows.map((row) => row.start_ms)
}

/** Sealed blocks that overlap the range and have raw points. */
export async function blocksWithPoints(db: CatalogDb, range: TimeRange, blockMs: number): Promise<number[]> {
  const { frontierMs } = await readState(db)
  const rows = await db
    .selectFrom('blocks')
    .select('start_ms')
    .where('start_ms', '>', range.startMs - blockMs)
    .where('start_ms', '<', Math.min(range.endMs, frontierMs))
    .orderBy('start_ms')
    .execute()
  return rows.map((row) => row.start_ms)
}
