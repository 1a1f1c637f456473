import { sql } from 'kysely'
import { TidemarkError } from '../../../schemas/errors.js'
import type { HeldAlert } from '../alert.js'
import { checkLease } from './lease.js'
import type { DispatchDb } from './tables.js'

/** An alert and whether it was judged here. */
export interface StoredAlert {
  alert: HeldAlert
  isOwn: boolean
}

/** Alerts that the dispatcher did not take yet. */
export interface WaitingAlerts {
  ids: readonly number[]
  alerts: readonly HeldAlert[]
}

/** Alerts in the catalog: those that came in, and those that the dispatcher has. All throw TM_CATALOG_UNAVAILABLE. */
export class AlertInbox {
  readonly #db: DispatchDb

  constructor(db: DispatchDb) {
    this.#db = db
  }

  /**
   * Takes alerts in; once it resolves none of them is lost.
   * @param limit so many may be held and wait
   * @throws TM_ALERTS_FULL, retriable, and none of them is taken in
   */
  async receive(alerts: readonly HeldAlert[], limit: number): Promise<void> {
    if (alerts.length === 0) return
    const { rows } = await sql<{ count: number }>`
      SELECT (SELECT count(*) FROM (SELECT 1 FROM alert_inbox LIMIT ${limit}) AS waiting)
        + (SELECT count(*) FROM held_alerts) AS count`.execute(this.#db)
    if (rows[0].count + alerts.length > limit) {
      throw new TidemarkError('TM_ALERTS_FULL', { count: rows[0].count, limit })
    }
    const text = `[${alerts.map(textOf).join()}]`
    await sql`
      INSERT INTO alert_inbox (alert)
      SELECT one.alert FROM jsonb_array_elements(${text}::jsonb) WITH ORDINALITY AS one (alert, place)
      ORDER BY one.place`.execute(this.#db)
  }

  /** The oldest ones that wait. */
  async waiting(limit: number): Promise<WaitingAlerts> {
    const rows = await this.#db.selectFrom('alert_inbox').selectAll().orderBy('id').limit(limit).execute()
    return { ids: rows.map(({ id }) => id), alerts: rows.map(({ alert }) => alertOf(alert)) }
  }

  /** Alerts as the dispatcher knew them last. */
  async held(): Promise<StoredAlert[]> {
    const rows = await this.#db.selectFrom('held_alerts').selectAll().execute()
    return rows.map(({ alert, is_own }) => ({ alert: alertOf(alert), isOwn: is_own }))
  }

  /**
   * What the dispatcher knows now; the ones of these ids wait no longer.
   * @throws TM_DISPATCH_LEASE if `holder` does not dispatch any more; then nothing is changed
   */
  async keep(alerts: readonly StoredAlert[], taken: readonly number[], holder: string): Promise<void> {
    if (alerts.length === 0 && taken.length === 0) return
    const last = new Map(alerts.map((one) => [one.alert.fingerprint, one]))
    await this.#db.transaction().execute(async (tx) => {
      await checkLease(tx, holder)
      if (last.size > 0) {
        const rows = [...last.values()].map(({ alert, isOwn }) => ({
          fingerprint: alert.fingerprint,
          is_own: isOwn,
          alert: textOf(alert),
        }))
        await tx
          .insertInto('held_alerts')
          .values(rows)
          .onConflict((conflict) =>
            conflict
              .column('fingerprint')
              .doUpdateSet(({ ref }) => ({ alert: ref('excluded.alert'), is_own: ref('excluded.is_own') })),
          )
          .execute()
      }
      if (taken.length > 0)
        await tx
          .deleteFrom('alert_inbox')
          .where('id', 'in', [...taken])
          .execute()
    })
  }

  /** @throws TM_DISPATCH_LEASE if `holder` does not dispatch any more; then nothing is changed */
  async forget(alerts: readonly HeldAlert[], holder: string): Promise<void> {
    if (alerts.length === 0) return
    const fingerprints = alerts.map(({ fingerprint }) => fingerprint)
    await this.#db.transaction().execute(async (tx) => {
      await checkLease(tx, holder)
      await tx.deleteFrom('held_alerts').where(sql<boolean>`fingerprint = ANY(${fingerprints})`).execute()
    })
  }
}

/** JSON has no infinity: an end that only a later telling brings is null. */
function textOf(alert: HeldAlert): string {
  return JSON.stringify({ ...alert, endsMs: Number.isFinite(alert.endsMs) ? alert.endsMs : null })
}

function alertOf(json: unknown): HeldAlert {
  const alert = json as Omit<HeldAlert, 'endsMs'> & { endsMs: number | null }
  return { ...alert, endsMs: alert.endsMs ?? Number.POSITIVE_INFINITY }
}
