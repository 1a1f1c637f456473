import type { Instance } from '../../schemas/ports/status.js'
import type { CatalogDb } from './tables.js'

/** One that has said nothing for this long is not shown any more, ms. */
const GONE_MS = 30_000
/** And after this its row goes, ms. */
const FORGOTTEN_MS = 3_600_000

/** Says that a process runs, and what it has to say. Throws TM_CATALOG_UNAVAILABLE. */
export async function announceInstance(db: CatalogDb, instance: Instance): Promise<void> {
  const { id, startedMs, seenMs, status, roles, ...facts } = instance
  const row = { ...facts, roles: [...roles], started_ms: startedMs, seen_ms: seenMs, status: JSON.stringify(status) }
  await db
    .insertInto('instances')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
  await db
    .deleteFrom('instances')
    .where('seen_ms', '<', seenMs - FORGOTTEN_MS)
    .execute()
}

/** Takes a process that stops off the list. */
export async function withdrawInstance(db: CatalogDb, id: string): Promise<void> {
  await db.deleteFrom('instances').where('id', '=', id).execute()
}

/** The processes that run, the oldest first. Throws TM_CATALOG_UNAVAILABLE. */
export async function liveInstances(db: CatalogDb, nowMs: number): Promise<Instance[]> {
  const rows = await db
    .selectFrom('instances')
    .selectAll()
    .where('seen_ms', '>=', nowMs - GONE_MS)
    .orderBy('started_ms')
    .orderBy('id')
    .execute()
  return rows.map(({ started_ms: startedMs, seen_ms: seenMs, ...facts }) => ({
    ...facts,
    startedMs,
    seenMs,
    status: facts.status as Instance['status'],
  }))
}
