import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { TidemarkError } from '../schemas/errors.js'

/** 64-bit integer columns come as numbers: times, counts and epochs stay far below 2^53. Ids are read as text. */
const INT8 = 20

/** SQLSTATE classes that say the server cannot be used now: connection, resources, operator intervention. */
const UNAVAILABLE = /^(08|53|57)/

/**
 * Opens the catalog's database. Connections are made on demand, so a wrong address shows at the first query, as
 * TM_CATALOG_UNAVAILABLE. `destroy()` closes the pool.
 * @param url postgres://user:password@host:port/database
 */
export function openPostgres<Tables>(url: string, connections = 8): Kysely<Tables> {
  const types = {
    getTypeParser: ((oid: number, format?: 'text') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  }
  const pool = new pg.Pool({ connectionString: url, max: connections, idleTimeoutMillis: 30_000, types })
  // A server that goes away ends idle connections; the next query says so to whoever asks.
  pool.on('error', () => undefined)
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded(pool) }) })
}

function guarded(pool: pg.Pool): PostgresPool {
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable(error)
      })
      return guardedClient(client)
    },
    end: () => pool.end(),
  }
}

function guardedClient(client: pg.PoolClient): PostgresPoolClient {
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  const query = async (sql: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(sql, parameters as unknown[])
    } catch (error) {
      throw isUnavailable(error) || broken ? unavailable(error) : error
    }
  }
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: () => {
      client.off('error', onError)
      client.release(broken)
    },
  }
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true
  return UNAVAILABLE.test(error.code ?? '')
}

function unavailable(error: unknown): TidemarkError {
  const reason = error instanceof AggregateError ? error.errors.map(String).join('; ') : (error as Error).message
  return new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason }, error)
}
