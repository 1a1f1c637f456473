import { TidemarkError } from '../../schemas/errors.js'
import { readState } from './catalog.js'
import { registerSeries, type SeriesSpan } from './series.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** A raw file to register. */
export interface RawFile {
  key: string
  blockStart: number
  points: number
  bytes: number
}

/** Everything that one flush of the archive makes true at once. */
export interface ArchiveStep {
  partition: number
  /** Position the flushed points were read from, and the position to go on at. */
  fromOffset: number
  nextOffset: number
  /** Time of receipt of the last record, ms. */
  receivedMs: number
  files: readonly RawFile[]
  series: readonly SeriesSpan[]
  points: number
}

/** Where the archive stands in a partition. */
export interface ArchivePosition {
  partition: number
  nextOffset: number
  receivedMs: number
}

/** Positions of every partition that was ever archived. */
export async function archivePositions(db: CatalogDb): Promise<ArchivePosition[]> {
  const rows = await db.selectFrom('archive_progress').selectAll().orderBy('partition').execute()
  return rows.map((row) => ({ partition: row.partition, nextOffset: row.next_offset, receivedMs: row.received_ms }))
}

/**
 * One transaction: files, position, unseen series, dirty marks. The position is compared and set, so of two archives
 * that hold the same partition for a moment one fails here, with nothing registered. Throws TM_CATALOG_UNAVAILABLE,
 * and TM_ARCHIVE_OVERTAKEN for the loser.
 */
export async function commitArchiveStep(db: CatalogDb, step: ArchiveStep, nowMs: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { frontierMs } = await readState(tx, 'share')
    await moveOn(tx, step)
    await registerSeries(tx, step.series)
    if (step.files.length === 0) return
    const rows = step.files.map(({ key, blockStart, points, bytes }) => ({
      key,
      block_start: blockStart,
      partition: step.partition,
      points,
      bytes,
      retired_ms: null,
    }))
    await tx.insertInto('raw_files').values(rows).execute()
    const touched = [...new Set(step.files.map((file) => file.blockStart))].sort((a, b) => a - b)
    for (const start of touched) await touchBlock(tx, start, start < frontierMs, nowMs)
  })
}

async function moveOn(tx: CatalogTx, step: ArchiveStep): Promise<void> {
  const fresh = { next_offset: step.nextOffset, received_ms: step.receivedMs }
  const inserted = await tx
    .insertInto('archive_progress')
    .values({ partition: step.partition, ...fresh, points: step.points })
    .onConflict((conflict) =>
      conflict
        .column('partition')
        .doUpdateSet((eb) => ({ ...fresh, points: eb('archive_progress.points', '+', step.points) }))
        .where('archive_progress.next_offset', '=', step.fromOffset),
    )
    .returning('partition')
    .execute()
  if (inserted.length === 0) {
    const { partition, fromOffset } = step
    throw new TidemarkError('TM_ARCHIVE_OVERTAKEN', { partition, offset: fromOffset })
  }
}

/** A block got raw points: a sealed one becomes dirty. */
async function touchBlock(tx: CatalogTx, startMs: number, sealed: boolean, nowMs: number): Promise<void> {
  const dirtyMs = sealed ? nowMs : null
  await tx
    .insertInto('blocks')
    .values({
      start_ms: startMs,
      generation: sealed ? 1 : 0,
      raw_version: 1,
      dirty_first_ms: dirtyMs,
      dirty_last_ms: dirtyMs,
      recomputing_ms: null,
    })
    .onConflict((conflict) =>
      conflict.column('start_ms').doUpdateSet((eb) => ({
        raw_version: eb('blocks.raw_version', '+', 1),
        dirty_first_ms: sealed ? eb.fn.coalesce('blocks.dirty_first_ms', eb.val(nowMs)) : null,
        dirty_last_ms: dirtyMs,
      })),
    )
    .execute()
}
