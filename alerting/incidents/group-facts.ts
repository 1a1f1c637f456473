import type { Severity } from '../../schemas/severity.js'
import type { DispatchedAlert, GroupFlush } from '../dispatch/flush.js'
import { severityOf, worst } from '../severity.js'
import type { Incident } from './incident.js'
import type { FlushFacts, IncidentPolicy, RuleFacts } from './policy.js'
import { titleOf } from './title.js'

/** What a flush says of its group, as an incident has it. */
export type GroupFacts = Pick<
  Incident,
  'ruleId' | 'rule' | 'title' | 'severity' | 'query' | 'threshold' | 'value' | 'hosts' | 'annotations' | 'channels'
>

/** Reads the alerts of a flush that fire; all of them, if none does. */
export function groupFacts(flush: GroupFlush, policy: IncidentPolicy, { knownHosts }: FlushFacts): GroupFacts {
  const firing = firingAlerts(flush.alerts)
  const counted = firing.length > 0 ? firing : flush.alerts
  const labels = sharedLabels(counted)
  const rule = flush.groupLabels.alertname ?? labels.alertname ?? 'several rules'
  const facts = policy.ruleOf(rule)
  const severity = worst(counted.map((alert) => severityOf(alert.labels)))
  const hosts = { firing: hostsOf(firing, policy.hostLabels), known: knownHosts }
  const said = { ...labels, ...flush.groupLabels }
  const title = titleOf({
    rule,
    condition: facts?.condition,
    service: firstOf(said, policy.serviceLabels),
    region: firstOf(said, policy.regionLabels),
    hosts,
  })
  const leading = worstAlert(counted, severity, facts)
  return {
    ruleId: facts?.ruleId ?? rule,
    rule,
    title,
    severity,
    query: facts?.query,
    threshold: facts?.threshold,
    value: leading.value,
    hosts,
    annotations: leading.annotations,
    channels: channelsOf(flush.receiver, severity, facts, policy),
  }
}

/** Those of the alerts that fire. */
export function firingAlerts(alerts: readonly DispatchedAlert[]): DispatchedAlert[] {
  return alerts.filter(({ status }) => status === 'firing')
}

/** The labels that all of them have, with the same value. */
export function sharedLabels(alerts: readonly DispatchedAlert[]): Record<string, string> {
  const [first, ...rest] = alerts
  return Object.fromEntries(
    Object.entries(first.labels).filter(([name, value]) => rest.every(({ labels }) => labels[name] === value)),
  )
}

/** The value of the first of these labels that there is. */
export function firstOf(labels: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  const name = names.find((one) => labels[one] !== undefined && labels[one] !== '')
  return name === undefined ? undefined : labels[name]
}

function hostsOf(alerts: readonly DispatchedAlert[], names: readonly string[]): string[] {
  const hosts = alerts.map(({ labels }) => firstOf(labels, names)).filter((host) => host !== undefined)
  return [...new Set(hosts)].sort()
}

/** Of the worst severity the one that is furthest over what its rule allows, or under it. */
function worstAlert(alerts: readonly DispatchedAlert[], severity: Severity, facts: RuleFacts | undefined) {
  const text = facts?.condition ?? facts?.query ?? ''
  const sign = text.includes('<') && !text.includes('>') ? -1 : 1
  const height = ({ value }: DispatchedAlert) =>
    value === undefined || Number.isNaN(value) ? Number.NEGATIVE_INFINITY : sign * value
  const worstOnes = alerts.filter(({ labels }) => severityOf(labels) === severity)
  return worstOnes.reduce((leading, alert) => (height(alert) > height(leading) ? alert : leading))
}

function channelsOf(
  receiver: string,
  severity: Severity,
  facts: RuleFacts | undefined,
  policy: IncidentPolicy,
): readonly string[] {
  const ofRule = facts?.channels ?? []
  const chosen = ofRule.length > 0 ? ofRule : (policy.receiverChannels(receiver) ?? policy.channels[severity])
  return [...new Set(chosen)]
}
