import { type RawBuilder, sql } from 'kysely'
import type { DeadLetter, DeadLetters } from '../notify/dead-letters.js'
import type { Outbox, QueuedMessage } from '../notify/outbox.js'
import type { TimelineKind } from './incident.js'
import { messageOf } from './message-json.js'
import type { IncidentDb } from './tables.js'

/** Characters of a reason that are kept. */
const MAX_REASON = 2000

interface TakenRow {
  seq: number
  channel: string
  message: unknown
  attempts: number
  queued_ms: number
  reference: string | null
}

/** What became of an attempt. */
interface Outcome {
  key: string
  /** What changes in the message's row. */
  set: RawBuilder<unknown>
  kind: TimelineKind
  atMs: number
  reason?: string
}

/** The outbox in the catalog; any number of processes may send from it. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class PostgresOutbox implements Outbox, DeadLetters {
  readonly #db: IncidentDb

  constructor(db: IncidentDb) {
    this.#db = db
  }

  async take(limit: number, nowMs: number, leaseMs: number): Promise<QueuedMessage[]> {
    // One that waits holds up those behind it, of its incident and channel alone.
    const { rows } = await sql<TakenRow>`
      WITH due AS (
        SELECT o.key FROM outbox o
        WHERE o.state = 'queued' AND o.due_ms <= ${nowMs} AND o.taken_until_ms <= ${nowMs}
          AND NOT EXISTS (
            SELECT 1 FROM outbox e
            WHERE e.incident_id = o.incident_id AND e.channel = o.channel AND e.state = 'queued' AND e.seq < o.seq
          )
        ORDER BY o.due_ms, o.seq LIMIT ${limit}
        FOR UPDATE OF o SKIP LOCKED
      )
      UPDATE outbox t SET taken_until_ms = ${nowMs + leaseMs}, attempts = t.attempts + 1
      FROM due WHERE t.key = due.key
      RETURNING t.seq, t.channel, t.message, t.attempts - 1 AS attempts, t.queued_ms, (
        SELECT f.reference FROM outbox f
        WHERE f.incident_id = t.incident_id AND f.channel = t.channel AND f.reference IS NOT NULL
        ORDER BY f.seq LIMIT 1
      ) AS reference`.execute(this.#db)
    return [...rows]
      .sort((a, b) => a.seq - b.seq)
      .map(({ channel, message, attempts, queued_ms, reference }) => ({
        message: { ...messageOf(message), ...(reference !== null && { reference }) },
        channel,
        attempts,
        queuedMs: queued_ms,
      }))
  }

  async delivered(key: string, reference: string | undefined, nowMs: number): Promise<void> {
    const set = sql`state = 'delivered', reference = ${reference ?? null}, done_ms = ${nowMs}, reason = NULL, message = NULL`
    await this.#settle({ key, set, kind: 'sent', atMs: nowMs }, sql`o.state <> 'delivered'`)
  }

  async failed(key: string, dueMs: number, reason: string, nowMs: number): Promise<void> {
    const kept = reason.slice(0, MAX_REASON)
    const set = sql`due_ms = ${dueMs}, taken_until_ms = 0, reason = ${kept}`
    await this.#settle({ key, set, kind: 'failed', atMs: nowMs, reason: kept }, sql`o.state = 'queued'`)
  }

  async bury(key: string, reason: string, nowMs: number): Promise<void> {
    const kept = reason.slice(0, MAX_REASON)
    const set = sql`state = 'dead', done_ms = ${nowMs}, reason = ${kept}`
    await this.#settle({ key, set, kind: 'dead-letter', atMs: nowMs, reason: kept }, sql`o.state = 'queued'`)
  }

  async withdraw(key: string): Promise<void> {
    await this.#db.deleteFrom('outbox').where('key', '=', key).where('state', '=', 'queued').execute()
  }

  async postpone(key: string, dueMs: number, reason: string): Promise<void> {
    await this.#db
      .updateTable('outbox')
      .set((row) => ({
        due_ms: dueMs,
        taken_until_ms: 0,
        attempts: row('attempts', '-', 1),
        reason: reason.slice(0, MAX_REASON),
      }))
      .where('key', '=', key)
      .where('state', '=', 'queued')
      .execute()
  }

  /** Changes a message and says so in the timeline of its incident: both or neither, and once however often it is tried. */
  async #settle({ key, set, kind, atMs, reason }: Outcome, isOpen: RawBuilder<unknown>): Promise<void> {
    await sql`
      WITH before AS (
        SELECT o.key, o.incident_id, o.channel, o.action, o.attempts, o.message->>'recipient' AS recipient
        FROM outbox o WHERE o.key = ${key} AND ${isOpen} FOR UPDATE
      ), settled AS (
        UPDATE outbox t SET ${set} FROM before WHERE t.key = before.key
      )
      INSERT INTO incident_timeline (incident_id, key, at_ms, kind, text)
      SELECT incident_id, key || ${`:${kind}:${atMs}`}, ${atMs}, ${kind}, concat(
        action, ' to ' || recipient, ' by ', channel, ', attempt ', attempts, ${reason === undefined ? '' : `: ${reason}`}::text
      ) FROM before
      ON CONFLICT (key) DO NOTHING`.execute(this.#db)
  }

  /** What was given up, the newest first. */
  async dead(limit: number): Promise<DeadLetter[]> {
    const rows = await this.#db
      .selectFrom('outbox')
      .select(['key', 'incident_id', 'channel', 'action', 'reason', 'attempts', 'queued_ms', 'done_ms'])
      .where('state', '=', 'dead')
      .orderBy('done_ms', 'desc')
      .limit(limit)
      .execute()
    return rows.map(({ incident_id, reason, queued_ms, done_ms, ...row }) => ({
      ...row,
      incidentId: incident_id,
      reason: reason ?? '',
      queuedMs: queued_ms,
      buriedMs: done_ms ?? queued_ms,
    }))
  }

  /** Sends what was given up once more. @param key undefined: all of it @returns how many */
  async resend(key: string | undefined, nowMs: number): Promise<number> {
    const query = this.#db
      .updateTable('outbox')
      .set({ state: 'queued', queued_ms: nowMs, due_ms: nowMs, taken_until_ms: 0, attempts: 0, done_ms: null })
      .where('state', '=', 'dead')
    const rows = await (key === undefined ? query : query.where('key', '=', key)).returning('key').execute()
    return rows.length
  }

  /** Messages that wait, and how long the one that has been due for longest has, ms. */
  async backlog(nowMs: number): Promise<{ queued: number; dead: number; oldestMs: number }> {
    const row = await this.#db
      .selectFrom('outbox')
      .select((one) => [
        one.fn.countAll<number>().filterWhere('state', '=', 'queued').as('queued'),
        one.fn.countAll<number>().filterWhere('state', '=', 'dead').as('dead'),
        one.fn.min('due_ms').filterWhere('state', '=', 'queued').as('due_ms'),
      ])
      .where('state', '<>', 'delivered')
      .executeTakeFirstOrThrow()
    const oldestMs = Math.max(0, nowMs - ((row.due_ms as number | null) ?? nowMs))
    return { queued: row.queued, dead: row.dead, oldestMs }
  }
}
