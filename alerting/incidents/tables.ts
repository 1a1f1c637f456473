import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'
import type { IncidentStatus } from '../../schemas/ports/incidents.js'
import type { Severity } from '../../schemas/severity.js'

type Json = ColumnType<unknown, string, string>

/** Rows of the incidents' tables (batch/catalog/migrations/010-incidents.sql). 64-bit integers are numbers. */
export interface IncidentTables {
  alert_incidents: {
    incident_id: string
    rule_id: string
    rule: string
    group_key: string
    group_labels: Json
    receiver: string
    title: string
    status: IncidentStatus
    severity: Severity
    query: string | null
    threshold: string | null
    value: number | null
    hosts: Json
    annotations: Json
    channels: Json
    told_channels: Json
    changes: Json
    started_at: Date
    acknowledged_at: Date | null
    acknowledged_by: string | null
    resolved_at: Date | null
    resolved_by: string | null
    assignee: string | null
    snoozed_until: Date | null
    told_ms: number
    flushed_ms: number
    revision: number
    episode: number
    steps: number
    escalated_from_ms: number
    reminders: number
    next_step_ms: ColumnType<number | null, number | null | undefined, number | null>
  }
  incident_alerts: {
    incident_id: string
    fingerprint: string
    labels: Json
    annotations: Json
    status: 'firing' | 'resolved'
    starts_ms: number
    ends_ms: number | null
    value: number | null
    generator_url: string | null
  }
  incident_timeline: {
    id: Generated<number>
    incident_id: string
    key: string
    at_ms: number
    kind: string
    by_whom: string | null
    text: string
  }
  incident_signals: {
    id: string
    seq: Generated<number>
    incident_id: string
    kind: string
    signal: Json
    at_ms: number
    delivered_ms: number | null
  }
  outbox: {
    key: string
    seq: Generated<number>
    incident_id: string
    channel: string
    action: string
    state: 'queued' | 'delivered' | 'dead'
    message: ColumnType<unknown, string, string | null>
    queued_ms: number
    due_ms: number
    attempts: number
    taken_until_ms: number
    reason: string | null
    reference: string | null
    done_ms: number | null
  }
}

/** The catalog's database, as far as incidents go; the pool must give int8 as numbers. */
export type IncidentDb = Kysely<IncidentTables>
/** A transaction in it. */
export type IncidentTx = Transaction<IncidentTables>
