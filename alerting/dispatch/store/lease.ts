import { type QueryExecutorProvider, sql } from 'kysely'
import { TidemarkError } from '../../../schemas/errors.js'

/** Whoever does not renew it within this time dispatches no longer, seconds. */
const LEASE_SECONDS = 5

/** What came of asking for the lease. */
export interface Held {
  isHeld: boolean
  /** For how long nobody held it before, ms; 0 if somebody did. */
  freeMs: number
}

/**
 * Takes the lease, or renews it: of any number of processes one dispatches. The server's clock alone counts.
 * Throws TM_CATALOG_UNAVAILABLE, retriable.
 */
export async function holdLease(db: QueryExecutorProvider, holder: string): Promise<Held> {
  const { rows } = await sql<{ free_ms: number | null }>`
    WITH before AS (SELECT until FROM dispatch_lease WHERE id = 1)
    INSERT INTO dispatch_lease (id, holder, until)
    VALUES (1, ${holder}, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}))
    ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE dispatch_lease.holder = excluded.holder OR dispatch_lease.until < clock_timestamp()
    RETURNING (SELECT extract(epoch FROM clock_timestamp() - until)::float8 * 1000 FROM before) AS free_ms`.execute(db)
  return { isHeld: rows.length > 0, freeMs: Math.max(0, rows[0]?.free_ms ?? 0) }
}

/** Gives the lease back, so that another takes it at once. */
export async function releaseLease(db: QueryExecutorProvider, holder: string): Promise<void> {
  await sql`UPDATE dispatch_lease SET until = clock_timestamp() WHERE holder = ${holder}`.execute(db)
}

/** Makes sure that until the transaction ends nobody else takes the lease. @throws TM_DISPATCH_LEASE if one has */
export async function checkLease(tx: QueryExecutorProvider, holder: string): Promise<void> {
  const { rows } = await sql`
    SELECT 1 FROM dispatch_lease WHERE holder = ${holder} AND until >= clock_timestamp() FOR SHARE`.execute(tx)
  if (rows.length === 0) throw new TidemarkError('TM_DISPATCH_LEASE')
}
