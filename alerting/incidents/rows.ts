import type { Selectable } from 'kysely'
import type { DispatchedAlert } from '../dispatch/flush.js'
import type { Incident } from './incident.js'
import type { IncidentTables } from './tables.js'

type IncidentRow = Selectable<IncidentTables['alert_incidents']>
type AlertRow = Selectable<IncidentTables['incident_alerts']>

/** An incident as it is stored. */
export function rowOf(incident: Incident) {
  return {
    incident_id: incident.incidentId,
    rule_id: incident.ruleId,
    rule: incident.rule,
    group_key: incident.groupKey,
    group_labels: JSON.stringify(incident.groupLabels),
    receiver: incident.receiver,
    title: incident.title,
    status: incident.status,
    severity: incident.severity,
    query: incident.query ?? null,
    threshold: incident.threshold ?? null,
    value: incident.value ?? null,
    hosts: JSON.stringify(incident.hosts),
    annotations: JSON.stringify(incident.annotations),
    channels: JSON.stringify(incident.channels),
    told_channels: JSON.stringify(incident.toldChannels),
    changes: JSON.stringify(incident.changes),
    started_at: new Date(incident.startedMs),
    acknowledged_at: dateOf(incident.acknowledgedMs),
    acknowledged_by: incident.acknowledgedBy ?? null,
    resolved_at: dateOf(incident.resolvedMs),
    resolved_by: incident.resolvedBy ?? null,
    assignee: incident.assignee ?? null,
    snoozed_until: dateOf(incident.snoozedUntilMs),
    told_ms: incident.toldMs,
    flushed_ms: incident.flushedMs,
    revision: incident.revision,
    episode: incident.episode,
    steps: incident.steps,
    escalated_from_ms: incident.escalatedFromMs,
    reminders: incident.reminders,
  }
}

/** An incident as it was stored. */
export function incidentOf(row: IncidentRow): Incident {
  return {
    incidentId: row.incident_id,
    ruleId: row.rule_id,
    rule: row.rule,
    groupKey: row.group_key,
    groupLabels: row.group_labels as Incident['groupLabels'],
    receiver: row.receiver,
    title: row.title,
    status: row.status,
    severity: row.severity,
    query: row.query ?? undefined,
    threshold: row.threshold ?? undefined,
    value: row.value ?? undefined,
    hosts: row.hosts as Incident['hosts'],
    annotations: row.annotations as Incident['annotations'],
    channels: row.channels as string[],
    toldChannels: row.told_channels as string[],
    changes: row.changes as string[],
    startedMs: row.started_at.getTime(),
    acknowledgedMs: row.acknowledged_at?.getTime(),
    acknowledgedBy: row.acknowledged_by ?? undefined,
    resolvedMs: row.resolved_at?.getTime(),
    resolvedBy: row.resolved_by ?? undefined,
    assignee: row.assignee ?? undefined,
    snoozedUntilMs: row.snoozed_until?.getTime(),
    toldMs: row.told_ms,
    flushedMs: row.flushed_ms,
    revision: row.revision,
    episode: row.episode,
    steps: row.steps,
    escalatedFromMs: row.escalated_from_ms,
    reminders: row.reminders,
  }
}

/** An alert of an incident as it is stored. */
export function alertRowOf(alert: DispatchedAlert, incidentId: string) {
  return {
    incident_id: incidentId,
    fingerprint: alert.fingerprint,
    labels: JSON.stringify(alert.labels),
    annotations: JSON.stringify(alert.annotations),
    status: alert.status,
    starts_ms: alert.startsMs,
    ends_ms: alert.endsMs ?? null,
    value: alert.value ?? null,
    generator_url: alert.generatorUrl ?? null,
  }
}

/** An alert of an incident as it was stored. */
export function alertOf(row: AlertRow): DispatchedAlert {
  return {
    fingerprint: row.fingerprint,
    labels: row.labels as DispatchedAlert['labels'],
    annotations: row.annotations as DispatchedAlert['annotations'],
    status: row.status,
    startsMs: row.starts_ms,
    ...(row.ends_ms !== null && { endsMs: row.ends_ms }),
    ...(row.value !== null && { value: row.value }),
    ...(row.generator_url !== null && { generatorUrl: row.generator_url }),
  }
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms)
}
