import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../../adapters/embedded/postgres.js'
import { openPostgres } from '../../../adapters/postgres.js'
import { migrate } from '../../../batch/catalog/catalog.js'
import type { CatalogTables } from '../../../batch/catalog/tables.js'
import type { DispatchDb, DispatchTables } from '../store/tables.js'

const TABLES: readonly (keyof DispatchTables)[] = [
  'alert_inbox',
  'held_alerts',
  'silences',
  'maintenance_windows',
  'notification_log',
  'dispatch_lease',
]

/** A catalog of its own for the tests of one file. */
export interface DispatchCatalog {
  db: DispatchDb
  clear(): Promise<void>
  close(): Promise<void>
}

/** Starts a Postgres with the catalog's tables in a temporary folder. */
export async function openDispatchCatalog(): Promise<DispatchCatalog> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-dispatch-'))
  chmodSync(folder, 0o755)
  const server = await startEmbeddedPostgres(join(folder, 'postgres'))
  const catalog = openPostgres<CatalogTables>(server.url, { connections: 1 })
  await migrate(catalog)
  await catalog.destroy()
  const db: DispatchDb = openPostgres(server.url, { connections: 10 })
  return {
    db,
    clear: async () => {
      for (const table of TABLES) await db.deleteFrom(table).execute()
    },
    close: async () => {
      await db.destroy()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
