import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { AuditLog } from '../access/audit-log.js'
import { Doorkeeper } from '../access/doorkeeper.js'
import type { AdminParts } from '../access/http/admin.js'
import type { GuardParts } from '../access/http/guard.js'
import { KnownTokens } from '../access/known-tokens.js'
import type { AccessTables } from '../access/tables.js'
import { CatalogTokens, type TokenStore } from '../access/token-store.js'
import { openPostgres } from '../adapters/postgres.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import { isLoopbackHost } from '../schemas/net/loopback.js'
import type { Clock } from '../schemas/time.js'
import type { CloseStack } from './close-stack.js'
import { repeat } from './repeat.js'

/** Of its own, so that no archive and no query keeps a token waiting. */
const CONNECTIONS = 2
/** A revocation takes effect within this time, ms. */
const REFRESH_EVERY_MS = 5000
const TRIM_EVERY_MS = 3_600_000

/** Who may do what on the server: what stands before its routes, and the routes that change it. */
export type Access = GuardParts & AdminParts

/** What it is opened with. */
export interface AccessOptions {
  config: Config
  /** postgres://… of a catalog whose tables are there; it may be away for now. */
  catalogUrl: string
  clock: Clock
  logger: Logger
  closing: CloseStack
}

/** Opens tokens and audit log, and keeps them up to date. */
export function openAccess({ config, catalogUrl, clock, logger, closing }: AccessOptions): Access {
  const db = openPostgres<AccessTables>(catalogUrl, { connections: CONNECTIONS })
  closing.add('the tokens', () => db.destroy())
  const store = new CatalogTokens(db)
  const known = new KnownTokens(store, clock)
  const audit = new AuditLog(db)
  const required = config.auth.required === 'always' || !isLoopbackHost(config.http.host)
  const doorkeeper = new Doorkeeper({ tokens: known, required, config: config.auth, clock })
  const onError = (error: Error) => logger.warn(error.message)
  closing.add(
    'refreshing tokens',
    repeat(REFRESH_EVERY_MS, () => known.refresh(), onError),
  )
  const keptMs = parseDuration(config.auth.audit_retention)
  const trim = async () => {
    await audit.trim(clock() - keptMs)
    await store.trim(clock() - keptMs)
  }
  if (keptMs > 0) closing.add('trimming the audit log', repeat(TRIM_EVERY_MS, trim, onError))
  if (required) tellIfNobodyMayEnter(store, logger).catch(onError)
  return { doorkeeper, audit, store, known, clock, random: randomBytes }
}

async function tellIfNobodyMayEnter(store: TokenStore, logger: Logger): Promise<void> {
  const tokens = await store.list()
  if (tokens.some(({ revokedMs }) => revokedMs === undefined)) return
  logger.warn(
    'tokens are required and there is none: `tidemark token create --name admin --role admin --config FILE` (or --data FOLDER) makes one',
  )
}
