import { createHash } from 'node:crypto'
import { type QueryExecutorProvider, sql } from 'kysely'
import type { NotificationEntry } from '../notification-log.js'
import { checkLease } from './lease.js'
import type { DispatchDb } from './tables.js'

/** The notification log in the catalog. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class NotificationStore {
  readonly #db: DispatchDb

  constructor(db: DispatchDb) {
    this.#db = db
  }

  async all(): Promise<NotificationEntry[]> {
    const rows = await this.#db.selectFrom('notification_log').select('entry').execute()
    return rows.map(({ entry }) => entry as NotificationEntry)
  }

  async trim(nowMs: number): Promise<void> {
    await this.#db.deleteFrom('notification_log').where('expires_ms', '<=', nowMs).execute()
  }
}

/**
 * Writes down what was told, in the transaction that makes sure that it is told: both become true, or none.
 * @param tx a transaction of the catalog
 * @throws TM_DISPATCH_LEASE if `holder` does not dispatch any more
 */
export async function writeNotified(
  tx: QueryExecutorProvider,
  entry: NotificationEntry,
  holder: string,
): Promise<void> {
  await checkLease(tx, holder)
  const key = JSON.stringify([entry.groupKey, entry.receiver, entry.target])
  const id = createHash('sha256').update(key).digest('hex')
  await sql`
    INSERT INTO notification_log (id, entry, expires_ms) VALUES (${id}, ${JSON.stringify(entry)}, ${entry.expiresMs})
    ON CONFLICT (id) DO UPDATE SET entry = excluded.entry, expires_ms = excluded.expires_ms`.execute(tx)
}
