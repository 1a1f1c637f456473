import { type QueryExecutorProvider, sql } from 'kysely'
import type { ToldAlert } from '../alert.js'

/** Alerts that were judged here, as the catalog has them (batch/catalog/migrations/007-alerts.sql). */
export class OwnAlerts {
  readonly #db: QueryExecutorProvider
  #version: string | undefined

  constructor(db: QueryExecutorProvider) {
    this.#db = db
  }

  /** Those that fire, without an end; undefined if nothing was judged since it was asked last. */
  async firing(): Promise<ToldAlert[] | undefined> {
    const { rows } = await sql<{ version: string }>`
      SELECT count(*) || ':' || coalesce(sum(judged_ms), 0) AS version FROM rule_groups`.execute(this.#db)
    if (rows[0].version === this.#version) return undefined
    const alerts = await this.#read()
    this.#version = rows[0].version
    return alerts
  }

  async #read(): Promise<ToldAlert[]> {
    const { rows } = await sql<{
      labels: Record<string, string>
      annotations: Record<string, string>
      value: number
      started_ms: number
    }>`
      SELECT labels, annotations, value, coalesce(fired_ms, active_ms) AS started_ms
      FROM alerts WHERE state = 'firing' ORDER BY started_ms, fingerprint`.execute(this.#db)
    return rows.map(({ labels, annotations, value, started_ms }) => ({
      labels,
      annotations,
      value,
      startsMs: started_ms,
      endsMs: Number.POSITIVE_INFINITY,
    }))
  }
}
