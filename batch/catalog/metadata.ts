import type { MetricMetadata } from '../../schemas/metadata.js'
import type { CatalogDb } from './tables.js'

/** Rows written at once. */
const PAGE = 1000

/** Stores what senders said of metrics, for the processes that answer queries. Throws TM_CATALOG_UNAVAILABLE. */
export async function storeMetadata(
  db: CatalogDb,
  said: Iterable<[metric: string, metadata: MetricMetadata]>,
  nowMs: number,
): Promise<void> {
  const rows = [...said].map(([metric, { type, help, unit }]) => ({ metric, type, help, unit, said_ms: nowMs }))
  for (let from = 0; from < rows.length; from += PAGE) {
    await db
      .insertInto('metric_metadata')
      .values(rows.slice(from, from + PAGE))
      .onConflict((conflict) =>
        conflict.column('metric').doUpdateSet((eb) => ({
          type: eb.ref('excluded.type'),
          help: eb.ref('excluded.help'),
          unit: eb.ref('excluded.unit'),
          said_ms: eb.ref('excluded.said_ms'),
        })),
      )
      .execute()
  }
}

/** What was said at or after `sinceMs`, at most `most` metrics, the newest first. */
export async function readMetadata(
  db: CatalogDb,
  sinceMs: number,
  most: number,
): Promise<(MetricMetadata & { metric: string; saidMs: number })[]> {
  const rows = await db
    .selectFrom('metric_metadata')
    .selectAll()
    .where('said_ms', '>=', sinceMs)
    .orderBy('said_ms', 'desc')
    .limit(most)
    .execute()
  return rows.map(({ said_ms: saidMs, ...metadata }) => ({ ...metadata, saidMs }))
}
