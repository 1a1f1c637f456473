import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { AuditLog } from '../../access/audit-log.js'
import type { Caller } from '../../access/caller.js'
import { createToken, type WantedToken } from '../../access/create-token.js'
import type { ToldToken } from '../../access/http/admin.js'
import type { AccessTables } from '../../access/tables.js'
import { CatalogTokens } from '../../access/token-store.js'
import { runningPostgresUrl } from '../../adapters/embedded/postgres.js'
import { openPostgres } from '../../adapters/postgres.js'
import { migrate } from '../../batch/catalog/catalog.js'
import type { CatalogTables } from '../../batch/catalog/tables.js'
import { formatDuration } from '../../schemas/config/duration.js'
import type { Config } from '../../schemas/config/schema.js'
import { asTidemarkError, TidemarkError } from '../../schemas/errors.js'
import { ask, type ServerOptions } from '../server.js'

/** What can be done with tokens, by whichever way they are reached. */
export interface TokenAdmin {
  create(wanted: WantedToken): Promise<{ text: string; token: ToldToken }>
  list(): Promise<ToldToken[]>
  /** @throws TM_NOT_FOUND, TM_REQUEST */
  revoke(idOrName: string): Promise<ToldToken>
  close(): Promise<void>
}

/** Tokens through the API of a running server. */
export function tokensOfServer(server: ServerOptions): TokenAdmin {
  const path = '/api/v1/admin/tokens'
  return {
    async create({ name, role, lifetimeMs, requestsPerSecond, pointsPerSecond }) {
      const body = {
        name,
        role,
        expires: lifetimeMs === undefined ? undefined : formatDuration(lifetimeMs),
        requests_per_second: requestsPerSecond,
        points_per_second: pointsPerSecond,
      }
      const { data } = await ask<{ data: ToldToken & { token: string } }>(server, path, { method: 'POST', body })
      const { token: text, ...token } = data
      return { text, token }
    },
    list: async () => (await ask<{ data: ToldToken[] }>(server, path)).data,
    revoke: async (idOrName) => {
      const url = `${path}/${encodeURIComponent(idOrName)}`
      return (await ask<{ data: ToldToken }>(server, url, { method: 'DELETE' })).data
    },
    close: async () => undefined,
  }
}

/**
 * Tokens in the catalog itself, for a server that lets nobody in yet: whoever may read its configuration, or the data
 * folder, is its operator. What is done is audited all the same.
 * @throws TM_CATALOG_UNAVAILABLE, TM_REQUEST if the embedded catalog does not run
 */
export async function tokensInCatalog(config: Config): Promise<TokenAdmin> {
  const url = catalogUrl(config)
  const catalog = openPostgres<CatalogTables>(url, { connections: 1 })
  await migrate(catalog).finally(() => catalog.destroy())
  const db = openPostgres<AccessTables>(url, { connections: 1 })
  const store = new CatalogTokens(db)
  const audit = new AuditLog(db)

  async function audited<T>(action: string, target: string, details: unknown, act: () => Promise<T>): Promise<T> {
    const id = await audit.write({ atMs: Date.now(), caller: whoeverRunsThis(), action, target, details })
    try {
      const done = await act()
      await audit.complete(id, 'done')
      return done
    } catch (error) {
      await audit.complete(id, asTidemarkError(error).code)
      throw error
    }
  }

  return {
    create: (wanted) =>
      audited('token create', wanted.name, wanted, () =>
        createToken(wanted, { store, random: randomBytes, clock: Date.now }),
      ),
    list: () => store.list(),
    revoke: (idOrName) =>
      audited('token revoke', idOrName, {}, async () => {
        const revoked = await store.revoke(idOrName, Date.now())
        if (revoked) return revoked
        const what = `a token ${idOrName} that is in force`
        throw new TidemarkError('TM_NOT_FOUND', { what, fix: '`tidemark token list` shows names and ids' })
      }),
    close: () => db.destroy(),
  }
}

function catalogUrl({ catalog, data }: Config): string {
  if (catalog.url !== '') return catalog.url
  const url = runningPostgresUrl(join(data.dir, 'postgres'))
  if (url !== undefined) return url
  throw new TidemarkError('TM_REQUEST', {
    reason: `the embedded catalog in ${data.dir} does not run`,
    fix: 'start the server with `tidemark up`, and do this beside it',
  })
}

/** In the audit log an operator of the machine stands by the name of their account. */
function whoeverRunsThis(): Caller {
  const name = `account ${userInfo().username}`
  const noLimits = { rateKey: '', requestsPerSecond: 0, pointsPerSecond: 0 }
  return { tokenId: undefined, name, role: 'admin', address: 'catalog', ...noLimits }
}
