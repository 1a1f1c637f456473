import { sql } from 'kysely'
import type { IncidentSignal } from '../../schemas/ports/incidents.js'
import type { DispatchedAlert } from '../dispatch/flush.js'
import type { IncidentPlan, KnownIncident, OutgoingMessage, TimelineEntry } from './incident.js'
import { messageJson } from './message-json.js'
import { alertOf, alertRowOf, incidentOf, rowOf } from './rows.js'
import type { IncidentDb, IncidentTx } from './tables.js'

/** Rows that one statement writes: Postgres takes 65,535 parameters. */
const ROWS_AT_ONCE = 2000

/** Decides what becomes of an incident, from how it is while nobody else changes it. */
type Decide<Before> = (before: Before) => IncidentPlan | undefined

/** What is written in the transaction of a change; if it rejects, nothing is. */
export type AlsoWritten = (tx: IncidentTx) => Promise<void>

/** What an operator did, for the incident's workflow; `isDelivered` where the workflow is who tells of it. */
interface StoredAction {
  signal: IncidentSignal
  isDelivered: boolean
}

/**
 * Incidents in the catalog. Each change is one transaction: the incident, its alerts, its timeline, the messages that
 * come of it and what its workflow is told. All throw TM_CATALOG_UNAVAILABLE, retriable.
 */
export class IncidentStore {
  readonly #db: IncidentDb

  constructor(db: IncidentDb) {
    this.#db = db
  }

  /** Changes the newest incident of a group, or opens one. @returns what was written; undefined if nothing was */
  async changeGroup(groupKey: string, nowMs: number, decide: Decide<KnownIncident | undefined>, also?: AlsoWritten) {
    return this.#db.transaction().execute(async (tx) => {
      // There may be no row to lock yet.
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${groupKey}, 7346010))`.execute(tx)
      const row = await tx
        .selectFrom('alert_incidents')
        .selectAll()
        .where('group_key', '=', groupKey)
        .orderBy('started_at', 'desc')
        .limit(1)
        .forNoKeyUpdate()
        .executeTakeFirst()
      const plan = decide(row && (await withAlerts(tx, incidentOf(row), nowMs)))
      if (plan) await write(tx, plan, nowMs)
      await also?.(tx)
      return plan
    })
  }

  /** Changes an incident. @returns what was written; undefined if nothing was, or there is no such incident */
  async change(incidentId: string, nowMs: number, decide: Decide<KnownIncident>): Promise<IncidentPlan | undefined> {
    return this.#db.transaction().execute((tx) => changeOne(tx, incidentId, nowMs, decide))
  }

  /** Does what an operator wants, once: a signal that is known changes nothing. */
  async act({ signal, isDelivered }: StoredAction, nowMs: number, decide: Decide<KnownIncident>): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const row = {
        id: signal.id,
        incident_id: signal.incidentId,
        kind: signal.action.kind,
        signal: JSON.stringify(signal),
        at_ms: nowMs,
        delivered_ms: isDelivered ? nowMs : null,
      }
      const stored = await tx
        .insertInto('incident_signals')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .execute()
      if (stored.length === 0) return
      const plan = await changeOne(tx, signal.incidentId, nowMs, decide)
      if (plan && !isDelivered) await expectSoon(tx, signal.incidentId, nowMs)
    })
  }

  /** An incident as it is now, without its alerts. */
  async find(incidentId: string) {
    const row = await this.#db
      .selectFrom('alert_incidents')
      .selectAll()
      .where('incident_id', '=', incidentId)
      .executeTakeFirst()
    return row && incidentOf(row)
  }

  /** Writes down when the incident's workflow means to act next; undefined: not before it is told something. */
  async expectStep(incidentId: string, dueMs: number | undefined): Promise<void> {
    await this.#db
      .updateTable('alert_incidents')
      .set({ next_step_ms: dueMs ?? null })
      .where('incident_id', '=', incidentId)
      .execute()
  }

  /** Forgets incidents that were resolved before, with all that belongs to them. */
  async trim(resolvedBeforeMs: number): Promise<void> {
    await this.#db
      .deleteFrom('alert_incidents')
      .where('status', '=', 'resolved')
      .where('resolved_at', '<', new Date(resolvedBeforeMs))
      .execute()
  }
}

async function changeOne(tx: IncidentTx, incidentId: string, nowMs: number, decide: Decide<KnownIncident>) {
  const row = await tx
    .selectFrom('alert_incidents')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  const plan = decide(await withAlerts(tx, incidentOf(row), nowMs))
  if (plan) await write(tx, plan, nowMs)
  return plan
}

async function withAlerts(tx: IncidentTx, incident: KnownIncident['incident'], nowMs: number): Promise<KnownIncident> {
  const { incidentId } = incident
  const rows = await tx.selectFrom('incident_alerts').selectAll().where('incident_id', '=', incidentId).execute()
  const waiting = await tx
    .selectFrom('outbox')
    .select('key')
    .where('incident_id', '=', incidentId)
    .where('action', '=', 'resolve')
    .where('state', '=', 'queued')
    .where('taken_until_ms', '<=', nowMs)
    .forUpdate()
    .execute()
  const alerts = new Map(rows.map((row) => [row.fingerprint, alertOf(row)]))
  return { incident, alerts, resolveWaits: waiting.length > 0 }
}

async function write(tx: IncidentTx, plan: IncidentPlan, nowMs: number): Promise<void> {
  const { incident, alerts, timeline, withdraw, messages, signal } = plan
  const { incidentId } = incident
  const row = rowOf(incident)
  await tx
    .insertInto('alert_incidents')
    .values(row)
    .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(row))
    .execute()
  await writeAlerts(tx, incidentId, alerts)
  await writeTimeline(tx, incidentId, timeline)
  if (withdraw.length > 0) {
    await tx
      .deleteFrom('outbox')
      .where('incident_id', '=', incidentId)
      .where('action', 'in', withdraw)
      .where('state', '=', 'queued')
      .where('taken_until_ms', '<=', nowMs)
      .execute()
  }
  await writeMessages(tx, incidentId, messages, nowMs)
  if (!signal) return
  await expectSoon(tx, incidentId, nowMs)
  const values = { ...signal, incident_id: incidentId, signal: '{}', at_ms: nowMs, delivered_ms: null }
  await tx
    .insertInto('incident_signals')
    .values(values)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** Its workflow is to look at it: one that never does is started again. */
async function expectSoon(tx: IncidentTx, incidentId: string, nowMs: number): Promise<void> {
  await tx.updateTable('alert_incidents').set({ next_step_ms: nowMs }).where('incident_id', '=', incidentId).execute()
}

async function writeAlerts(tx: IncidentTx, incidentId: string, alerts: readonly DispatchedAlert[]): Promise<void> {
  for (let at = 0; at < alerts.length; at += ROWS_AT_ONCE) {
    const rows = alerts.slice(at, at + ROWS_AT_ONCE).map((alert) => alertRowOf(alert, incidentId))
    await tx
      .insertInto('incident_alerts')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['incident_id', 'fingerprint']).doUpdateSet(({ ref }) => ({
          labels: ref('excluded.labels'),
          annotations: ref('excluded.annotations'),
          status: ref('excluded.status'),
          starts_ms: ref('excluded.starts_ms'),
          ends_ms: ref('excluded.ends_ms'),
          value: ref('excluded.value'),
          generator_url: ref('excluded.generator_url'),
        })),
      )
      .execute()
  }
}

async function writeTimeline(tx: IncidentTx, incidentId: string, timeline: readonly TimelineEntry[]): Promise<void> {
  if (timeline.length === 0) return
  const rows = timeline.map(({ key, atMs, kind, by, text }) => ({
    incident_id: incidentId,
    key,
    at_ms: atMs,
    kind,
    by_whom: by ?? null,
    text,
  }))
  await tx
    .insertInto('incident_timeline')
    .values(rows)
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
}

async function writeMessages(
  tx: IncidentTx,
  incidentId: string,
  messages: readonly OutgoingMessage[],
  nowMs: number,
): Promise<void> {
  if (messages.length === 0) return
  const rows = messages.map(({ message, channel, dueMs }) => ({
    key: message.key,
    incident_id: incidentId,
    channel,
    action: message.action,
    state: 'queued' as const,
    message: messageJson(message),
    queued_ms: nowMs,
    due_ms: dueMs,
    attempts: 0,
    taken_until_ms: 0,
    reason: null,
    reference: null,
    done_ms: null,
  }))
  await tx
    .insertInto('outbox')
    .values(rows)
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
}
