import { sql } from 'kysely'
import type { Log } from '../schemas/ports/log.js'
import type { ArchiveStatus, BlocksStatus } from '../schemas/ports/status.js'
import type { Clock } from '../schemas/time.js'
import { type Catalog, readState } from './catalog/catalog.js'
import { archivePositions } from './catalog/progress.js'

/** A recompute that has said nothing for this long was killed, ms. */
const RECOMPUTE_MS = 600_000

/** The archive's progress. Throws TM_CATALOG_UNAVAILABLE. */
export async function archiveStatus(catalog: Catalog, log: Log, clock: Clock): Promise<ArchiveStatus> {
  const bounds = await log.bounds('tidemark.points')
  const positions = new Map((await archivePositions(catalog.db)).map((position) => [position.partition, position]))
  let lagMs = 0
  const partitions = bounds.map(({ partition, start, end }) => {
    const position = positions.get(partition)
    const offset = position?.nextOffset ?? start
    const watermarkMs = position && Number.isFinite(position.receivedMs) ? position.receivedMs : undefined
    if (end > offset && watermarkMs !== undefined) lagMs = Math.max(lagMs, clock() - watermarkMs)
    return { partition, offset, watermarkMs, lagRecords: Math.max(0, end - offset) }
  })
  const raw = await sql<{ files: number; bytes: number; points: number }>`
    SELECT count(*) AS files, coalesce(sum(bytes), 0)::bigint AS bytes, coalesce(sum(points), 0)::bigint AS points
    FROM raw_files WHERE retired_ms IS NULL`.execute(catalog.db)
  const { files, bytes, points } = raw.rows[0]
  return { partitions, lagMs, rawFiles: files, rawBytes: bytes, rawPoints: points }
}

/** The blocks' states. Throws TM_CATALOG_UNAVAILABLE. */
export async function blocksStatus(catalog: Catalog, clock: Clock): Promise<BlocksStatus> {
  const state = await readState(catalog.db)
  const counts = await sql<{ dirty: number; recomputing: number; audited: number; unexplained: number }>`
    SELECT (SELECT count(*) FROM blocks WHERE generation > 0 AND raw_version > computed_version) AS dirty,
           (SELECT count(*) FROM blocks WHERE recomputing_ms > ${clock() - RECOMPUTE_MS}) AS recomputing,
           (SELECT count(*) FROM audits) AS audited,
           (SELECT coalesce(sum(unexplained), 0)::bigint FROM audits) AS unexplained`.execute(catalog.db)
  const { dirty, recomputing, audited, unexplained } = counts.rows[0]
  return {
    epoch: state.epoch,
    frontierMs: state.frontierMs,
    blockMs: catalog.blockMs,
    sealed: (state.frontierMs - catalog.originMs) / catalog.blockMs,
    dirty,
    recomputing,
    latePoints: state.latePoints,
    unexplainedDivergence: unexplained,
    audited,
  }
}
