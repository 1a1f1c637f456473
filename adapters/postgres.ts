import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { TidemarkError } from '../schemas/errors.js'

/** 64-bit integer columns come as numbers: times, counts and epochs stay far below 2^53. Ids are read as text. */
const INT8 = 20

/**
 * SQLSTATEs that say try again: connection, resources, operator intervention (08, 53, 57), a conflict with another
 * transaction or with what a replica replays (40), a server that has become a replica (25006).
 */
const UNAVAILABLE = /^(08|40|53|57|25006)/
/** Those after which the connection is of no use, on whatever server it is. */
const ENDING = /^(08|57P|25006)/

/** Waiting for a connection, ms: that the server takes it, or that another one is given back. */
const CONNECT_MS = 10_000
/** The server ends a statement after its time; a server that does not is given up so much later, ms. */
const SILENCE_MS = 15_000
const KEEP_ALIVE_MS = 10_000
const IDLE_MS = 30_000

/** Settings of a pool. */
export interface PostgresOptions {
  /** Connections at most. */
  connections?: number
  /** Time that one statement may take, waiting for locks included, ms. */
  statementMs?: number
  /** The setting that the URL comes from. */
  key?: string
}

/**
 * Opens the catalog's database. Connections are made on demand, so a wrong address shows at the first query, as
 * TM_CATALOG_UNAVAILABLE (retriable), as does all that passes by itself: a server that restarts, a statement over its
 * time, a conflict on a replica. Nothing waits without end. `destroy()` closes the pool.
 * @param url postgres://user:password@host:port/database, with `sslmode`, `sslrootcert`, `sslcert` and `sslkey` as libpq
 *   reads them
 * @throws TM_CONFIG if the URL cannot be understood or names files that cannot be read
 */
export function openPostgres<Tables>(url: string, options: PostgresOptions = {}): Kysely<Tables> {
  const { connections = 8, statementMs = 120_000 } = options
  const types = {
    getTypeParser: ((oid: number, format?: 'text') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  }
  const settings = { ...connectionSettings(url, options.key), types, query_timeout: statementMs + SILENCE_MS }
  const pool = new pg.Pool({ ...settings, max: connections, idleTimeoutMillis: IDLE_MS })
  // A server that goes away ends idle connections; the next query says so to whoever asks.
  pool.on('error', () => undefined)
  // One that goes away right after it has answered: nobody has the connection in hand yet who could hear of it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded(pool, limitsSql(statementMs)) }) })
}

/**
 * How one connection is made. `sslmode` means what it means to libpq and psql: `require` encrypts, `verify-full` also
 * makes sure of the server.
 * @throws TM_CONFIG
 */
export function connectionSettings(url: string, key = 'catalog.url'): pg.ClientConfig {
  const asLibpq = /[?&]sslmode=/.test(url) && !url.includes('uselibpqcompat=')
  const settings = {
    connectionString: asLibpq ? `${url}&uselibpqcompat=true` : url,
    fallback_application_name: 'tidemark',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  }
  try {
    // It reads the URL and the files that it names, and connects to nothing.
    new pg.Client(settings)
  } catch (cause) {
    const fix = 'write postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/path/to/ca.pem'
    throw new TidemarkError('TM_CONFIG', { key, reason: (cause as Error).message, fix }, cause)
  }
  return settings
}

/** Said once a connection, not in its start-up packet, where poolers such as PgBouncer refuse it. */
function limitsSql(statementMs: number): string {
  return `SET statement_timeout = ${statementMs}; SET idle_in_transaction_session_timeout = ${statementMs}`
}

function guarded(pool: pg.Pool, firstSql: string): PostgresPool {
  const known = new WeakSet<pg.PoolClient>()
  return {
    connect: async () => {
      const connection = await pool.connect().catch((error: unknown) => {
        throw unavailable(error)
      })
      const client = new GuardedClient(connection)
      if (known.has(connection)) return client
      try {
        await client.query(firstSql, [])
      } catch (error) {
        client.release()
        throw error
      }
      known.add(connection)
      return client
    },
    end: () => pool.end(),
  }
}

/** A connection whose failures are ours, and which is not used again after one that ended it. */
class GuardedClient {
  readonly #client: pg.PoolClient
  #broken: Error | undefined

  constructor(client: pg.PoolClient) {
    this.#client = client
    client.on('error', this.#onError)
  }

  query = (async (sql: string, parameters: readonly unknown[]) => {
    if (this.#broken) throw unavailable(this.#broken)
    try {
      return await this.#client.query(sql, parameters as unknown[])
    } catch (error) {
      if (endsConnection(error)) this.#broken ??= error as Error
      throw this.#broken || isUnavailable(error) ? unavailable(error) : error
    }
  }) as unknown as PostgresPoolClient['query']

  release(): void {
    this.#client.off('error', this.#onError)
    this.#client.release(this.#broken)
  }

  #onError = (error: Error): void => {
    this.#broken ??= error
  }
}

/** Whatever the server did not say itself is a fault of the connection: it was lost, or nobody answers on it. */
function endsConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || ENDING.test(error.code ?? '')
}

function isUnavailable(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || UNAVAILABLE.test(error.code ?? '')
}

/** Whatever a connection threw as TM_CATALOG_UNAVAILABLE. */
export function unavailable(error: unknown): TidemarkError {
  const reason = error instanceof AggregateError ? error.errors.map(String).join('; ') : (error as Error).message
  return new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason }, error)
}
