import { createHash } from 'node:crypto'
import type { DispatchedAlert, GroupFlush } from '../dispatch/flush.js'
import { isWorse } from '../severity.js'
import { firingAlerts, groupFacts } from './group-facts.js'
import type { Incident, IncidentPlan, KnownIncident, TimelineEntry, TimelineKind } from './incident.js'
import { NEXT_STATUS } from './incident-state.js'
import { callMessages, followUps, type MessageParts, stepName, toldEntry, withChange, withTold } from './messages.js'
import type { FlushFacts, IncidentPolicy } from './policy.js'

/** A flush, and what was asked about it. */
export interface PlannedFlush {
  flush: GroupFlush
  facts: FlushFacts
}

/** What every part of the plan needs. */
interface Planning extends PlannedFlush {
  policy: IncidentPolicy
  nowMs: number
}

/**
 * What becomes of the newest incident of a group by what the group has to say. Nobody is called but where an incident
 * opens, grows worse, or is still firing after the silence window; all else is only kept up to date.
 * @param before the newest incident of the group; undefined if there is none
 * @returns undefined if nothing does, as for a flush that it knows already
 */
export function planIncident(
  before: KnownIncident | undefined,
  { flush, facts }: PlannedFlush,
  policy: IncidentPolicy,
  nowMs: number,
): IncidentPlan | undefined {
  const planning = { flush, facts, policy, nowMs }
  const isFiring = firingAlerts(flush.alerts).length > 0
  if (!before) return isFiring ? open(planning) : undefined
  if (flush.flushedMs <= before.incident.flushedMs) return undefined
  if (before.incident.status !== 'resolved') return isFiring ? carryOn(before, planning) : clear(before, planning)
  if (!isFiring) return undefined
  if (nowMs - (before.incident.resolvedMs ?? nowMs) > policy.reopenWithinMs) return open(planning)
  return hasNewAlert(before, flush) ? reopen(before, planning) : undefined
}

function open({ flush, facts, policy, nowMs }: Planning): IncidentPlan {
  const group = groupFacts(flush, policy, facts)
  const opened: Incident = {
    ...group,
    incidentId: idOf(flush),
    groupKey: flush.groupKey,
    groupLabels: flush.groupLabels,
    receiver: flush.receiver,
    status: 'firing',
    toldChannels: [],
    changes: [],
    startedMs: nowMs,
    toldMs: nowMs,
    flushedMs: flush.flushedMs,
    revision: 1,
    episode: 1,
    steps: 0,
    escalatedFromMs: nowMs,
    reminders: 0,
  }
  const step = stepName(opened)
  const recipients = facts.first[opened.severity]
  const parts = { incident: opened, alerts: flush.alerts, links: policy.links }
  const messages = callMessages(parts, { action: 'trigger', step, recipients, withTeam: true, dueMs: nowMs })
  const incident = { ...opened, steps: 1, toldChannels: withTold([], messages) }
  return {
    incident,
    alerts: flush.alerts,
    timeline: [
      entry(incident, 'opened', incident.title, nowMs),
      toldEntry('told', { incident, step, messages, atMs: nowMs }),
    ],
    withdraw: [],
    messages,
    signal: { id: `${incident.incidentId}:open`, kind: 'open' },
  }
}

/** The incident goes on: its hosts are counted again, and it may have become worse. */
function carryOn(before: KnownIncident, planning: Planning): IncidentPlan | undefined {
  const { flush, policy, nowMs, facts } = planning
  const known = before.incident
  const group = groupFacts(flush, policy, facts)
  // What was worst once has called people for it: it stays so until all is over.
  const isRaised = isWorse(group.severity, known.severity)
  const severity = isRaised ? group.severity : known.severity
  const channels = isRaised ? group.channels : known.channels
  const change = isRaised ? `${known.severity} became ${severity}` : changeOf(known, group)
  const current: Incident = {
    ...known,
    ...group,
    severity,
    channels,
    status: NEXT_STATUS[known.status].fire,
    flushedMs: flush.flushedMs,
    changes: change ? withChange(known.changes, change) : known.changes,
    revision: known.revision + 1,
  }
  const alerts = changedAlerts(before, flush)
  if (isRaised) return raise(current, alerts, planning)
  const isDue = known.status === 'firing' && !isSnoozed(known, nowMs) && nowMs - known.toldMs >= policy.silenceMs
  if (flush.reason === 'repeat' && isDue) return remind(current, alerts, planning)
  if (!change && alerts.length === 0) return undefined
  const parts = partsOf(current, planning)
  return {
    incident: current,
    alerts,
    timeline: change ? [entry(current, 'changed', change, nowMs)] : [],
    withdraw: change ? ['update'] : [],
    messages: change ? followUps(parts, 'update', nowMs) : [],
  }
}

/** It is worse than what people were called for: they are called again, and escalation begins anew. */
function raise(current: Incident, alerts: DispatchedAlert[], planning: Planning): IncidentPlan {
  const { facts, nowMs } = planning
  const begun: Incident = {
    ...current,
    ...unacknowledged,
    status: NEXT_STATUS[current.status].raise,
    ...newEpisode(current, nowMs),
    steps: 0,
    toldMs: nowMs,
  }
  const step = stepName(begun)
  const recipients = facts.first[begun.severity]
  const call = { action: 'trigger', step, recipients, withTeam: true, dueMs: nowMs } as const
  const messages = callMessages(partsOf(begun, planning), call)
  const incident = { ...begun, steps: 1, changes: [], toldChannels: withTold(begun.toldChannels, messages) }
  return {
    incident,
    alerts,
    timeline: [
      entry(incident, 'raised', current.changes.at(-1) ?? '', nowMs),
      toldEntry('told', { incident, step, messages, atMs: nowMs }),
    ],
    withdraw: ['update'],
    messages,
    signal: { id: `${incident.incidentId}:raise:${incident.revision}`, kind: 'raise' },
  }
}

/** Nothing changed for long, and nobody has acknowledged: the channels hear of it once more. */
function remind(current: Incident, alerts: DispatchedAlert[], planning: Planning): IncidentPlan {
  const { nowMs } = planning
  const step = `repeat-${current.revision}`
  const call = { action: 'remind', step, recipients: [], withTeam: true, dueMs: nowMs } as const
  const messages = callMessages(partsOf(current, planning), call)
  const incident = { ...current, toldMs: nowMs, changes: [], toldChannels: withTold(current.toldChannels, messages) }
  const timeline = [toldEntry('reminded', { incident, step, messages, atMs: nowMs })]
  return { incident, alerts, timeline, withdraw: ['update'], messages }
}

/** No alert fires any more. It is told later, if it holds. */
function clear(before: KnownIncident, planning: Planning): IncidentPlan {
  const { flush, policy, nowMs } = planning
  const known = before.incident
  const incident: Incident = {
    ...known,
    status: NEXT_STATUS[known.status].clear,
    resolvedMs: nowMs,
    resolvedBy: undefined,
    snoozedUntilMs: undefined,
    flushedMs: flush.flushedMs,
    revision: known.revision + 1,
  }
  return {
    incident,
    alerts: changedAlerts(before, flush),
    timeline: [entry(incident, 'resolved', 'no alert of it fires any more', nowMs)],
    withdraw: ['update'],
    messages: followUps(partsOf(incident, planning), 'resolve', nowMs + policy.resolveAfterMs),
    signal: { id: `${incident.incidentId}:clear:${incident.revision}`, kind: 'clear' },
  }
}

/** It is back soon after it was over: nobody is called, but if it stays, escalation goes on. */
function reopen(before: KnownIncident, planning: Planning): IncidentPlan {
  const { flush, policy, nowMs, facts } = planning
  const known = before.incident
  const group = groupFacts(flush, policy, facts)
  const text = 'it fires again'
  const current: Incident = {
    ...known,
    ...group,
    status: NEXT_STATUS[known.status].fire,
    resolvedMs: undefined,
    resolvedBy: undefined,
    ...unacknowledged,
    ...newEpisode(known, nowMs),
    flushedMs: flush.flushedMs,
    changes: withChange(known.changes, text),
    revision: known.revision + 1,
  }
  const alerts = changedAlerts(before, flush)
  if (isWorse(group.severity, known.severity)) return raise(current, alerts, planning)
  const incident = { ...current, severity: known.severity, channels: known.channels }
  // Who was not told that it was over need not be told that it is not.
  const messages = before.resolveWaits ? [] : followUps(partsOf(incident, planning), 'update', nowMs)
  return {
    incident,
    alerts,
    timeline: [entry(incident, 'reopened', text, nowMs)],
    withdraw: ['resolve', 'update'],
    messages,
    signal: { id: `${incident.incidentId}:reopen:${incident.revision}`, kind: 'reopen' },
  }
}

/** Whoever had acknowledged is asked again. */
export const unacknowledged = { acknowledgedMs: undefined, acknowledgedBy: undefined, reminders: 0 }

/** Escalation begins anew, its first step taken: who would be called by it knows already. */
export function newEpisode({ episode }: Incident, nowMs: number) {
  return { episode: episode + 1, steps: 1, escalatedFromMs: nowMs }
}

/** A line of the incident's timeline, of its newest revision. */
export function entry(incident: Incident, kind: TimelineKind, text: string, atMs: number, by?: string): TimelineEntry {
  const { incidentId, revision } = incident
  return { key: `${incidentId}:${kind}:${revision}`, atMs, kind, text, ...(by !== undefined && { by }) }
}

function partsOf(incident: Incident, { flush, policy }: Planning): MessageParts {
  return { incident, alerts: flush.alerts, links: policy.links }
}

function isSnoozed({ snoozedUntilMs }: Incident, nowMs: number): boolean {
  return snoozedUntilMs !== undefined && snoozedUntilMs > nowMs
}

/** What became different in a person's words; undefined if nothing did that is worth words. */
function changeOf(known: Incident, { hosts, title }: Pick<Incident, 'hosts' | 'title'>): string | undefined {
  const [before, after] = [new Set(known.hosts.firing), new Set(hosts.firing)]
  const come = hosts.firing.filter((host) => !before.has(host)).length
  const gone = known.hosts.firing.filter((host) => !after.has(host)).length
  if (come + gone > 0) return `hosts: ${before.size} became ${after.size} (${come} more, ${gone} resolved)`
  return title === known.title ? undefined : title
}

/** Alerts of the flush that are not known as they are, and known ones that the group does not have any more. */
function changedAlerts({ alerts }: KnownIncident, flush: GroupFlush): DispatchedAlert[] {
  const changed = flush.alerts.filter((alert) => {
    const known = alerts.get(alert.fingerprint)
    return !known || known.status !== alert.status || known.startsMs !== alert.startsMs
  })
  const there = new Set(flush.alerts.map(({ fingerprint }) => fingerprint))
  const gone = [...alerts.values()].filter(({ status, fingerprint }) => status === 'firing' && !there.has(fingerprint))
  return [...changed, ...gone.map((alert) => ({ ...alert, status: 'resolved' as const, endsMs: flush.flushedMs }))]
}

/** True if an alert fires that did not when the incident was resolved, by hand perhaps. */
function hasNewAlert({ alerts }: KnownIncident, flush: GroupFlush): boolean {
  return firingAlerts(flush.alerts).some(({ fingerprint, startsMs }) => {
    const known = alerts.get(fingerprint)
    return known?.status !== 'firing' || known.startsMs !== startsMs
  })
}

/** The same for the same flush, and shorter than a key. */
function idOf({ groupKey, flushedMs }: GroupFlush): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([groupKey, flushedMs]))
    .digest()
  return BigInt(`0x${hash.toString('hex')}`)
    .toString(36)
    .padStart(50, '0')
    .slice(0, 12)
}
