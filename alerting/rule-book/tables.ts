import type { ColumnType, Generated, Kysely } from 'kysely'
import type { Severity } from '../../schemas/severity.js'

/** Rows of the rules' tables (batch/catalog/migrations/008-rules.sql). 64-bit integers are numbers. */
export interface RuleTables {
  alert_rules: {
    rule_id: Generated<string>
    name: string
    metric_query: string
    condition: ColumnType<unknown, string, string>
    severity: Severity
    notification_channels: ColumnType<unknown, string, string>
    labels: ColumnType<unknown, string, string>
    annotations: ColumnType<unknown, string, string>
    judging_interval: string | null
    rule_group: string | null
    enabled: boolean
    promql: string | null
    version: number
    created_ms: number
    updated_ms: number
  }
  alert_rules_revision: { one: boolean; revision: number }
}

/** The catalog's database, as far as rules go; the pool must give int8 as numbers. */
export type RuleDb = Kysely<RuleTables>
