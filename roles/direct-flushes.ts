import type { DispatchedAlert, GroupFlush } from '../alerting/dispatch/flush.js'
import type { ActiveAlert } from '../schemas/ports/rules.js'

/** Labels that alerts are grouped by. */
const GROUP_BY = ['alertname', 'service', 'region']

/**
 * What the groups of a rule group's alerts have to say after it was judged: a flush of each group in which an alert
 * began to fire or no longer does.
 * @param before its alerts after the judgement before
 * @param judgedMs event time
 */
export function directFlushes(
  before: readonly ActiveAlert[],
  after: readonly ActiveAlert[],
  judgedMs: number,
): GroupFlush[] {
  const firing = after.filter(({ state }) => state === 'firing')
  const still = new Set(firing.map(({ fingerprint }) => fingerprint))
  const over = before.filter(({ state, fingerprint }) => state === 'firing' && !still.has(fingerprint))
  const known = new Set(before.filter(({ state }) => state === 'firing').map(({ fingerprint }) => fingerprint))
  const groups = new Map<string, { alerts: DispatchedAlert[]; isNews: boolean }>()
  const add = (alert: ActiveAlert, dispatched: DispatchedAlert, isNews: boolean) => {
    const key = groupKeyOf(alert)
    const group = groups.get(key) ?? { alerts: [], isNews: false }
    group.alerts.push(dispatched)
    group.isNews ||= isNews
    groups.set(key, group)
  }
  for (const alert of firing) add(alert, dispatchedOf(alert), !known.has(alert.fingerprint))
  for (const alert of over) add(alert, { ...dispatchedOf(alert), status: 'resolved', endsMs: judgedMs }, true)
  return [...groups]
    .filter(([, { isNews }]) => isNews)
    .map(([groupKey, { alerts }]) => ({
      groupKey,
      groupLabels: groupLabelsOf(alerts[0]),
      receiver: 'default',
      reason: alerts.some(({ status }) => status === 'firing') ? 'changed' : 'resolved',
      alerts,
      flushedMs: judgedMs,
    }))
}

function groupKeyOf(alert: Pick<ActiveAlert, 'labels'>): string {
  return JSON.stringify(groupLabelsOf(alert))
}

function groupLabelsOf({ labels }: Pick<ActiveAlert, 'labels'>): Record<string, string> {
  return Object.fromEntries(GROUP_BY.filter((name) => labels[name]).map((name) => [name, labels[name]]))
}

function dispatchedOf({ fingerprint, labels, annotations, value, activeMs, firedMs }: ActiveAlert): DispatchedAlert {
  return { fingerprint, labels, annotations, status: 'firing', startsMs: firedMs ?? activeMs, value }
}
