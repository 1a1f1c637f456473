import pg from 'pg'
import { TidemarkError } from '../schemas/errors.js'
import type { Finding } from '../schemas/ports/finding.js'
import type { Clock } from '../schemas/time.js'
import { connectionSettings, unavailable } from './postgres.js'

const OLDEST_VERSION = 14
/** Connections that one process of ours may open: the pool of a worker. */
const CONNECTIONS_OF_A_PROCESS = 8
/** Clocks may differ by this much, ms: the order of times in the catalog comes from ours alone. */
const SKEW_MS = 2_000
/** Old generations stay for a day; a replica further behind would name files that are gone. ms */
const LAG_MS = 3_600_000
const QUERY_MS = 10_000

/** What a server says of itself. */
interface Facts {
  version: number
  encoding: string
  isReplica: boolean
  /** How long ago the newest replayed change was made, ms; 0 on a primary or where all is replayed. */
  lagMs: number
  limit: number
  used: number
  nowMs: number
  encrypted: boolean
}

const FACTS = `
  SELECT current_setting('server_version_num')::int / 10000 AS "version",
         current_setting('server_encoding') AS "encoding",
         pg_is_in_recovery() AS "isReplica",
         CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
              THEN coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000, 0)
              ELSE 0 END::float8 AS "lagMs",
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS "limit",
         (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS "used",
         extract(epoch FROM clock_timestamp())::float8 * 1000 AS "nowMs",
         coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "encrypted"`

/** Looks at the database of `catalog.url`: one finding for each thing that the catalog needs of it. */
export async function checkCatalog(url: string, clock: Clock): Promise<Finding[]> {
  return withConnection('catalog', 'catalog.url', url, async (client) => {
    const { facts, skewMs } = await askFacts(client, clock)
    return [
      versionFinding('catalog', facts),
      await creationFinding(client, facts),
      encodingFinding(facts),
      connectionsFinding('catalog', facts),
      clockFinding('catalog', skewMs),
    ]
  })
}

/** Looks at the replica of `catalog.read_url`, which queries read. */
export async function checkReadCatalog(url: string, clock: Clock): Promise<Finding[]> {
  return withConnection('read catalog', 'catalog.read_url', url, async (client) => {
    const { facts } = await askFacts(client, clock)
    return [versionFinding('read catalog', facts), lagFinding(facts), connectionsFinding('read catalog', facts)]
  })
}

async function withConnection(
  what: string,
  key: string,
  url: string,
  look: (client: pg.Client) => Promise<Finding[]>,
): Promise<Finding[]> {
  let client: pg.Client | undefined
  try {
    client = new pg.Client({ ...connectionSettings(url, key), query_timeout: QUERY_MS })
    // A connection that is lost shows at the query that waits for an answer.
    client.on('error', () => undefined)
    await client.connect()
    return await look(client)
  } catch (thrown) {
    if (thrown instanceof TidemarkError) return [{ what, ok: false, detail: thrown.message, fix: thrown.hint }]
    return [{ what, ok: false, detail: unavailable(thrown).message, fix: fixOf(thrown, key) }]
  } finally {
    await client?.end().catch(() => undefined)
  }
}

function fixOf(thrown: unknown, key: string): string {
  const code = (thrown as { code?: string }).code ?? ''
  if (code.startsWith('28')) return `check user and password in ${key}, and the server's pg_hba.conf`
  if (code === '3D000') return `create the database, or name another in ${key}`
  if (/CERT|SELF_SIGNED|ALTNAME|VERIFY/.test(code))
    return `add sslrootcert=/path/to/ca.pem to ${key}, and connect by the name that the certificate is for`
  return `start the server, or correct host and port in ${key}`
}

async function askFacts(client: pg.Client, clock: Clock): Promise<{ facts: Facts; skewMs: number }> {
  const askedMs = clock()
  const { rows } = await client.query<Facts>(FACTS)
  const facts = rows[0]
  return { facts, skewMs: Math.round(facts.nowMs - (askedMs + clock()) / 2) }
}

function versionFinding(what: string, { version, encrypted, isReplica }: Facts): Finding {
  const kind = isReplica ? 'replica' : 'primary'
  const detail = `PostgreSQL ${version}, ${kind}, ${encrypted ? 'over TLS' : 'without TLS'}`
  if (version >= OLDEST_VERSION) return { what, ok: true, detail }
  return { what, ok: false, detail, fix: `use PostgreSQL ${OLDEST_VERSION} or newer` }
}

/** Tries it: rights, a read-only server and a full disk look alike from here. */
async function creationFinding(client: pg.Client, { isReplica }: Facts): Promise<Finding> {
  const what = 'catalog: tables'
  if (isReplica) {
    const detail = 'this is a replica: nothing can be written'
    return { what, ok: false, detail, fix: 'name the primary in catalog.url, and this one in catalog.read_url' }
  }
  try {
    await client.query('BEGIN')
    await client.query('CREATE TABLE tidemark_probe (n bigint)')
    await client.query('INSERT INTO tidemark_probe VALUES (1)')
    return { what, ok: true, detail: 'can be created' }
  } catch (thrown) {
    const fix = 'GRANT CREATE, USAGE ON SCHEMA public TO the user, or make the user owner of the database'
    return { what, ok: false, detail: (thrown as Error).message, fix }
  } finally {
    await client.query('ROLLBACK')
  }
}

function encodingFinding({ encoding }: Facts): Finding {
  const what = 'catalog: encoding'
  if (encoding === 'UTF8') return { what, ok: true, detail: encoding }
  return { what, ok: false, detail: encoding, fix: "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0" }
}

function connectionsFinding(prefix: string, { limit, used }: Facts): Finding {
  const what = `${prefix}: connections`
  const detail = `${used} of ${limit} in use`
  if (limit - used >= CONNECTIONS_OF_A_PROCESS) return { what, ok: true, detail }
  const fix = `raise max_connections: each process of Tidemark takes up to ${CONNECTIONS_OF_A_PROCESS}`
  return { what, ok: false, detail, fix }
}

function clockFinding(prefix: string, skewMs: number): Finding {
  const what = `${prefix}: clock`
  const detail = `${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this one`
  if (Math.abs(skewMs) <= SKEW_MS) return { what, ok: true, detail }
  return { what, ok: false, detail, fix: 'run NTP on both machines: late points are judged by the clock' }
}

function lagFinding({ isReplica, lagMs }: Facts): Finding {
  const what = 'read catalog: lag'
  if (!isReplica) return { what, ok: true, detail: 'it is a primary: nothing lags' }
  const detail = `${(lagMs / 1000).toFixed(1)} s behind`
  if (lagMs <= LAG_MS) return { what, ok: true, detail }
  return { what, ok: false, detail, fix: 'look at the replica: queries answer with what was known then' }
}
