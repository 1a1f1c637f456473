import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { startEmbeddedPostgres } from '../../adapters/embedded/postgres.js'
import { openPostgres } from '../../adapters/postgres.js'
import { migrate } from '../../batch/catalog/catalog.js'
import type { CatalogTables } from '../../batch/catalog/tables.js'
import type { IncidentTables } from '../incidents/tables.js'

/** A catalog of one test file's own. */
export interface ScratchCatalog<Tables> {
  db: Kysely<Tables>
  url: string
  /** Empties the tables that it was started for, and all that hangs on them. */
  clear(): Promise<void>
  stop(): Promise<void>
}

/** Starts an embedded Postgres in a temporary folder, with every table of the catalog. @param tables that `clear` empties */
export async function startScratchCatalog<Tables>(
  tables: readonly (keyof Tables & string)[],
): Promise<ScratchCatalog<Tables>> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-catalog-'))
  chmodSync(folder, 0o755)
  const server = await startEmbeddedPostgres(join(folder, 'postgres'))
  const catalog = openPostgres<CatalogTables>(server.url, { connections: 1 })
  await migrate(catalog)
  await catalog.destroy()
  const db = openPostgres<Tables>(server.url, { connections: 10 })
  return {
    db,
    url: server.url,
    async clear() {
      for (const table of tables) await db.deleteFrom(table).execute()
    },
    async stop() {
      await db.destroy()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A catalog for incidents. */
export function startIncidentCatalog(): Promise<ScratchCatalog<IncidentTables>> {
  return startScratchCatalog<IncidentTables>(['alert_incidents'])
}
