import { sql } from 'kysely'
import { TidemarkError } from '../schemas/errors.js'
import type { AccessDb, AccessTables } from './tables.js'
import type { StoredToken } from './token.js'

/** SQLSTATE of a unique index that has the value already. */
const UNIQUE_VIOLATION = '23505'

/** Where tokens are kept. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export interface TokenStore {
  /** @throws TM_TOKEN_NAME if a token that is not revoked has the name */
  add(token: StoredToken): Promise<void>
  /** Those of the ids that there are, revoked ones too. */
  find(ids: readonly string[]): Promise<StoredToken[]>
  /** All, newest first, revoked ones last. */
  list(): Promise<StoredToken[]>
  /** Revokes the token of this id, or else of this name. @returns it, or undefined if there is none to revoke */
  revoke(idOrName: string, nowMs: number): Promise<StoredToken | undefined>
  /** Notes when tokens were used; never sets a time back. */
  noteUse(uses: readonly { id: string; usedMs: number }[]): Promise<void>
  /** Removes what was revoked before this time. */
  trim(beforeMs: number): Promise<void>
}

/** Tokens in the catalog. */
export class CatalogTokens implements TokenStore {
  readonly #db: AccessDb

  constructor(db: AccessDb) {
    this.#db = db
  }

  async add(token: StoredToken): Promise<void> {
    try {
      await this.#db.insertInto('auth_tokens').values(asRow(token)).execute()
    } catch (cause) {
      if ((cause as { code?: string }).code !== UNIQUE_VIOLATION) throw cause
      throw new TidemarkError('TM_TOKEN_NAME', { name: token.name }, cause)
    }
  }

  async find(ids: readonly string[]): Promise<StoredToken[]> {
    if (ids.length === 0) return []
    const rows = await this.#db.selectFrom('auth_tokens').selectAll().where(isAny(ids)).execute()
    return rows.map(asToken)
  }

  async list(): Promise<StoredToken[]> {
    const rows = await this.#db
      .selectFrom('auth_tokens')
      .selectAll()
      .orderBy(sql`revoked_ms IS NOT NULL`)
      .orderBy('created_ms', 'desc')
      .orderBy('id')
      .execute()
    return rows.map(asToken)
  }

  async revoke(idOrName: string, nowMs: number): Promise<StoredToken | undefined> {
    const row = await this.#db
      .updateTable('auth_tokens')
      .set({ revoked_ms: nowMs })
      .where('revoked_ms', 'is', null)
      .where((or) =>
        or('id', '=', (chosen) =>
          chosen
            .selectFrom('auth_tokens')
            .select('id')
            .where('revoked_ms', 'is', null)
            .where((either) => either.or([either('id', '=', idOrName), either('name', '=', idOrName)]))
            .orderBy(sql`id = ${idOrName}`, 'desc')
            .limit(1),
        ),
      )
      .returningAll()
      .executeTakeFirst()
    return row && asToken(row)
  }

  async noteUse(uses: readonly { id: string; usedMs: number }[]): Promise<void> {
    if (uses.length === 0) return
    await sql`
      UPDATE auth_tokens SET last_used_ms = greatest(last_used_ms, used.ms)
      FROM unnest(${uses.map(({ id }) => id)}::text[], ${uses.map(({ usedMs }) => usedMs)}::bigint[]) AS used (id, ms)
      WHERE auth_tokens.id = used.id`.execute(this.#db)
  }

  async trim(beforeMs: number): Promise<void> {
    await this.#db.deleteFrom('auth_tokens').where('revoked_ms', '<', beforeMs).execute()
  }
}

function isAny(ids: readonly string[]) {
  return sql<boolean>`id = ANY(${ids}::text[])`
}

type Row = AccessTables['auth_tokens']

function asRow(token: StoredToken): Row {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    secret_sha256: token.secretHash,
    requests_per_second: token.requestsPerSecond ?? null,
    points_per_second: token.pointsPerSecond ?? null,
    created_ms: token.createdMs,
    expires_ms: token.expiresMs ?? null,
    last_used_ms: token.lastUsedMs ?? null,
    revoked_ms: token.revokedMs ?? null,
  }
}

function asToken(row: Row): StoredToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    secretHash: row.secret_sha256,
    requestsPerSecond: row.requests_per_second ?? undefined,
    pointsPerSecond: row.points_per_second ?? undefined,
    createdMs: row.created_ms,
    expiresMs: row.expires_ms ?? undefined,
    lastUsedMs: row.last_used_ms ?? undefined,
    revokedMs: row.revoked_ms ?? undefined,
  }
}
