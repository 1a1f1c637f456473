import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { TidemarkError } from '../../schemas/errors.js'
import { type Clock, windowStart } from '../../schemas/time.js'
import type { CatalogDb, CatalogTx } from './tables.js'

/** Advisory locks of the catalog, transaction-scoped. */
const LOCK = { migrate: 7_346_001, series: 7_346_002, patterns: 7_346_003 } as const

/** SQLSTATE of a replica whose replay could not wait for a reader any longer (hot standby conflict). */
const SNAPSHOT_CONFLICT = '40001'
const TRIES = 3

/** The opened catalog: its database and what never changes in it. */
export interface Catalog {
  db: CatalogDb
  /** Length of a block, ms. */
  blockMs: number
  /** Every block before it counts as sealed and empty, ms. */
  originMs: number
}

/** The row that publishing locks. */
export interface BatchState {
  frontierMs: number
  epoch: number
  latePoints: number
}

/**
 * Brings the schema up to date and, at the very first start, lays the origin: the start of the block that holds now.
 * Throws TM_CATALOG_UNAVAILABLE, and TM_CONFIG if the catalog was made with another block length.
 */
export async function openCatalog(options: { db: CatalogDb; blockMs: number; clock: Clock }): Promise<Catalog> {
  const { db, blockMs, clock } = options
  await migrate(db)
  return db.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK.migrate})`.execute(tx)
    const known = await tx.selectFrom('batch_state').selectAll().executeTakeFirst()
    if (known) return knownCatalog(db, blockMs, known)
    const originMs = windowStart(clock(), blockMs)
    await tx
      .insertInto('batch_state')
      .values({ origin_ms: originMs, block_ms: blockMs, frontier_ms: originMs, epoch: 1 })
      .execute()
    const first = { epoch: 1, block_start: null, generation: null, frontier_ms: originMs, published_ms: clock() }
    await tx.insertInto('publications').values(first).execute()
    return { db, blockMs, originMs }
  })
}

/**
 * The catalog as another process has opened it: nothing is written, so a replica will do.
 * Throws TM_CATALOG_UNAVAILABLE, also as long as nobody has opened it, and TM_CONFIG as {@link openCatalog} does.
 */
export async function attachCatalog({ db, blockMs }: { db: CatalogDb; blockMs: number }): Promise<Catalog> {
  const tables = await sql<{ found: boolean }>`SELECT to_regclass('batch_state') IS NOT NULL AS found`.execute(db)
  const known = tables.rows[0].found && (await db.selectFrom('batch_state').selectAll().executeTakeFirst())
  if (known) return knownCatalog(db, blockMs, known)
  throw new TidemarkError('TM_CATALOG_UNAVAILABLE', {
    reason: 'it is empty: no process that writes has opened it, or the replica has not replayed that yet',
  })
}

function knownCatalog(db: CatalogDb, blockMs: number, known: { origin_ms: number; block_ms: number }): Catalog {
  if (known.block_ms === blockMs) return { db, blockMs, originMs: known.origin_ms }
  const reason = `the archive was begun with blocks of ${known.block_ms} ms, the config says ${blockMs} ms`
  const fix = 'set it back, or start with a new data folder'
  throw new TidemarkError('TM_CONFIG', { key: 'blocks.length', reason, fix })
}

/** Reads the state; `lock` keeps publishers out (share) or everyone (update) until the transaction ends. */
export async function readState(db: CatalogDb | CatalogTx, lock?: 'share' | 'update'): Promise<BatchState> {
  let query = db.selectFrom('batch_state').selectAll()
  if (lock === 'share') query = query.forShare()
  if (lock === 'update') query = query.forUpdate()
  const row = await query.executeTakeFirstOrThrow()
  return { frontierMs: row.frontier_ms, epoch: row.epoch, latePoints: row.late_points }
}

/**
 * Reads what belongs together: at one moment, and, where several replicas share an address, from one of them. Nothing
 * is locked. May run `read` again from the start, where a replica could not keep its snapshot.
 */
export async function readTogether<T>(db: CatalogDb, read: (tx: CatalogTx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
    } catch (thrown) {
      const { code } = ((thrown as Error).cause ?? {}) as { code?: string }
      if (code !== SNAPSHOT_CONFLICT || attempt === TRIES) throw thrown
    }
  }
}

/** A replica has not replayed what another one, or an earlier look, has shown; it will. */
export function behind(wanted: number, shown: number): TidemarkError {
  return new TidemarkError('TM_CATALOG_UNAVAILABLE', {
    reason: `it shows epoch ${shown}, but epoch ${wanted} was seen before: it is a replica that lags`,
  })
}

/** Lets one transaction at a time change series, so that their sequence follows the order of commits. */
export async function lockSeries(tx: CatalogTx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${LOCK.series})`.execute(tx)
}

/** Lets one transaction at a time store patterns, so that their sequence follows the order of commits. */
export async function lockPatterns(tx: CatalogTx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${LOCK.patterns})`.execute(tx)
}

/** Brings the catalog's tables up to date, one process at a time. Throws TM_CATALOG_UNAVAILABLE. */
export async function migrate(db: CatalogDb): Promise<void> {
  const folder = new URL('./migrations/', import.meta.url)
  const files = (await readdir(fileURLToPath(folder))).filter((file) => file.endsWith('.sql')).sort()
  await db.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK.migrate})`.execute(tx)
    await sql`CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY)`.execute(tx)
    const names = tx as unknown as Kysely<{ schema_migrations: { name: string } }>
    const done = new Set((await names.selectFrom('schema_migrations').select('name').execute()).map((row) => row.name))
    for (const name of files) {
      const key = `batch/${name}`
      if (done.has(key)) continue
      await sql.raw(await readFile(new URL(name, folder), 'utf8')).execute(tx)
      await names.insertInto('schema_migrations').values({ name: key }).execute()
    }
  })
}
