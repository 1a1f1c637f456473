import type { DispatchedAlert, GroupFlush } from '../dispatch/flush.js'
import type { EscalationPolicies } from '../escalation/policy.js'
import type { IncidentPlan, KnownIncident } from '../incidents/incident.js'
import type { FlushFacts, IncidentPolicy } from '../incidents/policy.js'

export const MINUTE_MS = 60_000

/** The policy that tests begin with: team channels by severity, one rule that is known. */
export const POLICY: IncidentPolicy = {
  silenceMs: 15 * MINUTE_MS,
  resolveAfterMs: 2 * MINUTE_MS,
  reopenWithinMs: 15 * MINUTE_MS,
  hostLabels: ['host', 'instance'],
  serviceLabels: ['service', 'job'],
  regionLabels: ['region'],
  channels: { P1: ['pagerduty:all', 'slack:#alerts'], P2: ['slack:#alerts'], P3: ['email:team'], P4: [] },
  receiverChannels: () => undefined,
  ruleOf: (alertname) =>
    alertname === 'ErrorRate'
      ? { ruleId: 'r-1', query: 'error_rate > 0.05', condition: 'error_rate > 5%', threshold: '5%', channels: [] }
      : undefined,
  links: () => ({}),
}

/** The default steps: on-call now, the lead after 10 minutes, the VP after 30, and again after another 30. */
export const ESCALATION: EscalationPolicies = {
  P1: {
    steps: [
      { afterMs: 0, to: ['on-call'] },
      { afterMs: 10 * MINUTE_MS, to: ['team-lead'] },
      { afterMs: 30 * MINUTE_MS, to: ['vp'] },
    ],
    repeatMs: 30 * MINUTE_MS,
    remindMs: 240 * MINUTE_MS,
  },
  P2: { steps: [{ afterMs: 0, to: ['on-call'] }], repeatMs: 60 * MINUTE_MS, remindMs: 0 },
  P3: { steps: [{ afterMs: 0, to: [] }], repeatMs: 0, remindMs: 0 },
  P4: { steps: [], repeatMs: 0, remindMs: 0 },
}

/** Nobody is on call and no hosts are counted. */
export const NOBODY: FlushFacts = { first: { P1: [], P2: [], P3: [], P4: [] } }

/** An alert of a host, firing unless told otherwise. */
export function alertOn(host: string, parts: Partial<DispatchedAlert> = {}): DispatchedAlert {
  const labels = { alertname: 'ErrorRate', service: 'api-service', region: 'us-east-1', severity: 'critical', host }
  return { fingerprint: host, labels, annotations: {}, status: 'firing', startsMs: 0, value: 0.07, ...parts }
}

/** Alerts of so many hosts. */
export function alertsOn(count: number): DispatchedAlert[] {
  return Array.from({ length: count }, (_, i) => alertOn(`web-${String(i).padStart(4, '0')}`))
}

/** An alert that is over. */
export function resolved(alert: DispatchedAlert, endsMs = 0): DispatchedAlert {
  return { ...alert, status: 'resolved', endsMs }
}

/** A flush of the api-service's errors in us-east-1. */
export function flushOf(
  alerts: readonly DispatchedAlert[],
  flushedMs: number,
  reason: GroupFlush['reason'] = 'changed',
  groupKey = '{}:{alertname="ErrorRate"}',
): GroupFlush {
  const groupLabels = { alertname: 'ErrorRate', service: 'api-service', region: 'us-east-1' }
  return { groupKey, groupLabels, receiver: 'default', reason, alerts, flushedMs }
}

/** What the next decision about an incident is made from, as if the plan had been stored. */
export function known(plan: IncidentPlan, before?: KnownIncident): KnownIncident {
  const alerts = new Map(before?.alerts)
  for (const alert of plan.alerts) alerts.set(alert.fingerprint, alert)
  return {
    incident: plan.incident,
    alerts,
    resolveWaits: plan.messages.some(({ message }) => message.action === 'resolve'),
  }
}

/** What is sent, as `action channel`, with the recipient where there is one. */
export function sent({ messages }: Pick<IncidentPlan, 'messages'>): string[] {
  return messages.map(({ message, channel }) =>
    [message.action, channel, ...(message.recipient ? [`to ${message.recipient}`] : [])].join(' '),
  )
}
