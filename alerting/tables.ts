import type { ColumnType, Kysely } from 'kysely'
import type { AlertOrigin } from '../schemas/ports/rules.js'

/** Rows of the alerts' tables (batch/catalog/migrations/007-alerts.sql). 64-bit integers are numbers. */
export interface AlertTables {
  rule_groups: { id: string; position: number; judged_ms: number; status: ColumnType<unknown, string, string> }
  alerts: {
    fingerprint: string
    rule_group: string
    rule: number
    state: 'pending' | 'firing'
    labels: ColumnType<unknown, string, string>
    annotations: ColumnType<unknown, string, string>
    value: number
    active_ms: number
    fired_ms: number | null
    seen_ms: number
    rule_id: string | null
    severity: AlertOrigin['severity'] | null
    channels: ColumnType<unknown, string | null, string | null>
  }
}

/** The catalog's database, as far as alerts go; the pool must give int8 as numbers. */
export type AlertDb = Kysely<AlertTables>
