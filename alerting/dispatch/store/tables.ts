import type { ColumnType, Generated, Kysely } from 'kysely'

/** A column of JSON: written as text, read as the value. */
type Json = ColumnType<unknown, string, string>

/** Rows of the dispatcher's tables (batch/catalog/migrations/009-dispatch.sql). 64-bit integers are numbers. */
export interface DispatchTables {
  alert_inbox: { id: Generated<number>; alert: Json }
  held_alerts: { fingerprint: string; is_own: boolean; alert: Json }
  silences: {
    id: string
    matchers: Json
    starts_ms: number
    ends_ms: number
    created_by: string
    comment: string
    updated_ms: number
  }
  maintenance_windows: {
    name: string
    matchers: Json
    intervals: Json
    created_by: string
    comment: string
    updated_ms: number
  }
  notification_log: { id: string; entry: Json; expires_ms: number }
  /** Read and written by SQL alone. */
  dispatch_lease: { id: number; holder: string; until: Date }
}

/** The catalog's database, as far as dispatching goes; the pool must give int8 as numbers. */
export type DispatchDb = Kysely<DispatchTables>
