import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded/postgres.js'
import { openCatalog } from '../../batch/catalog/catalog.js'
import type { CatalogDb, CatalogTables } from '../../batch/catalog/tables.js'
import { DuckEngine } from '../../batch/duck/engine.js'
import { CALM, Gate } from './gate.js'
import { GatedPool, integersAsNumbers } from './gated-pool.js'
import { Random } from './random.js'

/** What all seeds share: a folder in memory if there is one, one Postgres, one DuckDB. */
export interface Stage {
  folder: string
  pool: pg.Pool
  engine: DuckEngine
  /** The catalog as the simulator itself looks at it. */
  db: CatalogDb
  /** Empties the catalog. */
  reset(): Promise<void>
  close(): Promise<void>
}

/** Sets the stage. */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tidemark-sim-'))
  // The server runs as another user where this process is root.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'duck'))
  let postgres: EmbeddedPostgres | undefined
  try {
    postgres = await startEmbeddedPostgres(join(folder, 'postgres'))
    return await furnish(folder, postgres)
  } catch (thrown) {
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
    throw thrown
  }
}

async function furnish(folder: string, postgres: EmbeddedPostgres): Promise<Stage> {
  const types = { getTypeParser: integersAsNumbers(pg.types) }
  const pool = new pg.Pool({ connectionString: postgres.url, max: 12, types })
  // A server that stops ends its connections; nobody is left to mind.
  pool.on('error', () => undefined)
  const gate = new Gate({ random: new Random(0), rates: CALM, passTime: () => undefined, onDeath: () => undefined })
  const db = catalogDb(new GatedPool(pool, gate))
  // Nothing here outlives the machine.
  await pool.query('ALTER SYSTEM SET fsync = off')
  await pool.query('ALTER SYSTEM SET synchronous_commit = off')
  await pool.query('SELECT pg_reload_conf()')
  await openCatalog({ db, blockMs: 60_000, clock: () => 0 })
  const engine = new DuckEngine({ tempDir: join(folder, 'duck'), threads: 1, memory: '1GB', idleMs: 600_000 })
  const tables = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'`.execute(
    db,
  )
  const sequences = await sql<{
    name: string
  }>`SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'`.execute(db)
  return {
    folder,
    pool,
    engine,
    db,
    async reset() {
      const restarts = sequences.rows.map(({ name }) => `ALTER SEQUENCE ${name} RESTART`)
      const clear = [...tables.rows.map(({ name }) => `DELETE FROM ${name}`), ...restarts]
      await pool.query(clear.join('; '))
    },
    async close() {
      await engine.close()
      await pool.end()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The catalog's database over a process's own connections. */
export function catalogDb(pool: GatedPool): CatalogDb {
  return new Kysely<CatalogTables>({ dialect: new PostgresDialect({ pool }) })
}
