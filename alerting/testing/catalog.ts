import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../adapters/embedded/postgres.js'
import { openPostgres } from '../../adapters/postgres.js'
import { migrate } from '../../batch/catalog/catalog.js'
import type { CatalogTables } from '../../batch/catalog/tables.js'
import type { IncidentDb, IncidentTables } from '../incidents/tables.js'

/** A catalog of this test's own. */
export interface ScratchCatalog {
  db: IncidentDb
  url: string
  clear(): Promise<void>
  stop(): Promise<void>
}

/** Starts an embedded Postgres in a temporary folder, with every table. */
export async function startScratchCatalog(): Promise<ScratchCatalog> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-incidents-'))
  chmodSync(folder, 0o755)
  const server = await startEmbeddedPostgres(join(folder, 'postgres'))
  const catalog = openPostgres<CatalogTables>(server.url, { connections: 1 })
  await migrate(catalog)
  await catalog.destroy()
  const db = openPostgres<IncidentTables>(server.url, { connections: 4 })
  return {
    db,
    url: server.url,
    async clear() {
      await db.deleteFrom('alert_incidents').execute()
    },
    async stop() {
      await db.destroy()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
