import type { Tier, TimeRange } from '../../schemas/time.js'
import { readState } from './catalog.js'
import type { CurrentFile } from './files.js'
import type { CatalogDb } from './tables.js'

/** The files that are to be current in a span of a tier in the place of others; none if there are no windows. */
export interface CompactedSpan extends TimeRange {
  tier: Tier
  files: readonly CompactedFile[]
}

export interface CompactedFile {
  key: string
  windows: number
  bytes: number
  /** First and last metric in it, by name. */
  metricFrom: string | null
  metricTo: string | null
}

/**
 * Puts files in the place of those that they were made of, at a new epoch.
 * @returns false if one of them is no longer current, or another has come between: nothing is changed then
 */
export function publishCompacted(
  db: CatalogDb,
  { tier, startMs, endMs, files }: CompactedSpan,
  replaced: readonly CurrentFile[],
  nowMs: number,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { epoch: before, frontierMs } = await readState(tx, 'update')
    const current = await tx
      .selectFrom('tier_files')
      .select('id')
      .where('tier', '=', tier)
      .where('span_start', '<', endMs)
      .where('span_end', '>', startMs)
      .where('epoch_to', 'is', null)
      .execute()
    const ids = new Set(replaced.map(({ id }) => id))
    if (current.length !== ids.size || current.some(({ id }) => !ids.has(id))) return false
    const epoch = before + 1
    await tx.updateTable('batch_state').set({ epoch }).execute()
    const about = { block_start: null, generation: null, frontier_ms: frontierMs, published_ms: nowMs }
    await tx
      .insertInto('publications')
      .values({ epoch, ...about })
      .execute()
    await tx
      .updateTable('tier_files')
      .set({ epoch_to: epoch, retired_ms: nowMs })
      .where('id', 'in', [...ids])
      .execute()
    const span = { tier, span_start: startMs, span_end: endMs, epoch_from: epoch, epoch_to: null, retired_ms: null }
    for (const { key, windows, bytes, metricFrom, metricTo } of files) {
      const row = { ...span, key, windows, bytes, metric_from: metricFrom, metric_to: metricTo }
      await tx.insertInto('tier_files').values(row).execute()
    }
    return true
  })
}
