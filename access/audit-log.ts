import { TidemarkError } from '../schemas/errors.js'
import type { Caller } from './caller.js'
import type { AccessDb } from './tables.js'

/** Characters of an action's details that are kept. */
const MAX_DETAILS = 4096
const MAX_TARGET = 512

/** What is about to be done, and by whom. */
export interface AuditedAction {
  atMs: number
  caller: Caller
  action: string
  target: string
  /** What was asked for; without secrets. */
  details: unknown
}

/** One line of the log. */
export interface AuditEntry {
  id: number
  atMs: number
  /** Undefined for what was done without a token, on the machine itself. */
  tokenId: string | undefined
  name: string
  role: string
  address: string
  action: string
  target: string
  /** `begun`, `done`, `denied`, or the code of the error that it ended with. */
  outcome: string
  details: unknown
}

/** The log of what operators and admins did. An action whose beginning cannot be written is not begun. */
export class AuditLog {
  readonly #db: AccessDb

  constructor(db: AccessDb) {
    this.#db = db
  }

  /** Writes that an action begins, or what else became of it at once. @returns its id @throws TM_AUDIT_UNAVAILABLE */
  async write({ atMs, caller, action, target, details }: AuditedAction, outcome = 'begun'): Promise<number> {
    const { tokenId, name, role, address } = caller
    const text = JSON.stringify(details ?? {})
    const row = {
      at_ms: atMs,
      token_id: tokenId ?? null,
      name,
      role,
      address,
      action,
      target: withoutZeroBytes(target).slice(0, MAX_TARGET),
      outcome,
      details: text.length > MAX_DETAILS || text.includes('\\u0000') ? '{"cut":true}' : text,
    }
    try {
      return (await this.#db.insertInto('audit_log').values(row).returning('id').executeTakeFirstOrThrow()).id
    } catch (cause) {
      throw new TidemarkError('TM_AUDIT_UNAVAILABLE', { reason: (cause as Error).message }, cause)
    }
  }

  /** Writes how an action ended. @throws TM_CATALOG_UNAVAILABLE */
  async complete(id: number, outcome: string): Promise<void> {
    await this.#db.updateTable('audit_log').set({ outcome }).where('id', '=', id).execute()
  }

  /** The newest entries since then, newest first. @throws TM_CATALOG_UNAVAILABLE */
  async list(sinceMs: number, limit: number): Promise<AuditEntry[]> {
    const rows = await this.#db
      .selectFrom('audit_log')
      .selectAll()
      .where('at_ms', '>=', sinceMs)
      .orderBy('at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    return rows.map(({ at_ms: atMs, token_id: tokenId, ...row }) => ({ ...row, atMs, tokenId: tokenId ?? undefined }))
  }

  /** Removes what is older. @throws TM_CATALOG_UNAVAILABLE */
  async trim(beforeMs: number): Promise<void> {
    await this.#db.deleteFrom('audit_log').where('at_ms', '<', beforeMs).execute()
  }
}

/** Postgres has no zero byte in texts. */
function withoutZeroBytes(text: string): string {
  return text.replaceAll('\0', '\ufffd')
}
