import { sql } from 'kysely'
import type { EscalationSignal } from '../../schemas/flows.js'
import type { IncidentDb } from '../incidents/tables.js'

/** Incidents whose workflow is late that are looked for at once. */
const LATE_AT_ONCE = 100

/** A signal that waits for its workflow. */
export interface WaitingSignal {
  incidentId: string
  signal: EscalationSignal
}

/** What the workflows of incidents are to be told. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export class SignalQueue {
  readonly #db: IncidentDb

  constructor(db: IncidentDb) {
    this.#db = db
  }

  /** The oldest signals that were not delivered yet, in their order. */
  async waiting(limit: number): Promise<WaitingSignal[]> {
    const rows = await this.#db
      .selectFrom('incident_signals')
      .select(['id', 'incident_id', 'kind', 'signal'])
      .where('delivered_ms', 'is', null)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(({ id, incident_id: incidentId, kind, signal }) => {
      const action = (signal as { action?: unknown }).action
      return { incidentId, signal: { id, kind, ...(action !== undefined && { told: signal }) } as EscalationSignal }
    })
  }

  async delivered(id: string, nowMs: number): Promise<void> {
    await this.#db.updateTable('incident_signals').set({ delivered_ms: nowMs }).where('id', '=', id).execute()
  }

  /**
   * Queues a signal for each open incident whose workflow should have acted by now and did not: it may be gone.
   * @param lateMs how long a workflow may take
   */
  async wakeLate(nowMs: number, lateMs: number): Promise<number> {
    const { rows } = await sql<{ id: string }>`
      INSERT INTO incident_signals (id, incident_id, kind, signal, at_ms)
      SELECT incident_id || ':late:' || ${Math.floor(nowMs / lateMs)}::bigint, incident_id, 'late', '{}', ${nowMs}
      FROM alert_incidents i
      WHERE status <> 'resolved' AND next_step_ms < ${nowMs - lateMs} AND NOT EXISTS (
        SELECT 1 FROM incident_signals s WHERE s.incident_id = i.incident_id AND s.delivered_ms IS NULL
      )
      ORDER BY next_step_ms LIMIT ${LATE_AT_ONCE}
      ON CONFLICT (id) DO NOTHING RETURNING id`.execute(this.#db)
    return rows.length
  }
}
