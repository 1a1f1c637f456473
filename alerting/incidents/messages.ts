import type { DispatchedAlert } from '../dispatch/flush.js'
import type { Recipient } from '../escalation/recipients.js'
import type { IncidentView, Message, MessageAction } from '../notify/channel.js'
import { isWorse, severityOf } from '../severity.js'
import type { Incident, OutgoingMessage, TimelineEntry } from './incident.js'
import type { IncidentPolicy } from './policy.js'

/** Alerts that one message tells in full; hosts are all named. */
const MAX_ALERTS_TOLD = 100
/** Lines on what became different that are kept. */
const MAX_CHANGES = 10

/** Who is told by which channel. */
interface Address {
  channel: string
  recipient?: string
}

/** What a message is made of. */
export interface MessageParts {
  incident: Incident
  alerts: readonly DispatchedAlert[]
  links: IncidentPolicy['links']
}

/** Name of a step of an episode of escalation, in keys; the first one is taken when the incident is opened. */
export function stepName({ episode, steps }: Pick<Incident, 'episode' | 'steps'>): string {
  return `${episode}.${steps}`
}

/** A call for people. */
export interface Call {
  action: MessageAction
  /** What makes it one of its kind. */
  step: string
  recipients: readonly Recipient[]
  /** True if the incident's own channels are told too, whoever is called. */
  withTeam: boolean
  dueMs: number
}

/** Messages that call people: each by their own channels, else by those of the incident. Keys tell no person apart. */
export function callMessages(parts: MessageParts, call: Call): OutgoingMessage[] {
  const { incident } = parts
  const { action, step, dueMs } = call
  return addressesOf(incident, call).map(({ channel, recipient }) =>
    outgoing(parts, { key: `${incident.incidentId}:${action}:${step}:${channel}`, action, recipient }, channel, dueMs),
  )
}

/** Messages that keep those up to date who were told already; nobody is called by them. */
export function followUps(parts: MessageParts, action: MessageAction, dueMs: number): OutgoingMessage[] {
  const { incidentId, revision, toldChannels } = parts.incident
  return toldChannels.map((channel) =>
    outgoing(parts, { key: `${incidentId}:${action}:${revision}:${channel}`, action }, channel, dueMs),
  )
}

/** The channels, together with those that messages go to. */
export function withTold(told: readonly string[], messages: readonly OutgoingMessage[]): string[] {
  return [...new Set([...told, ...messages.map(({ channel }) => channel)])]
}

/** The newest changes, one more among them. */
export function withChange(changes: readonly string[], change: string): string[] {
  return [...changes, change].slice(-MAX_CHANGES)
}

/** The line of a timeline that says who is called. */
export function toldEntry(
  kind: 'told' | 'escalated' | 'reminded',
  { incident, step, messages, atMs }: { incident: Incident; step: string; messages: OutgoingMessage[]; atMs: number },
): TimelineEntry {
  const calls = messages.map(({ channel, message: { recipient } }) =>
    recipient ? `${recipient} by ${channel}` : channel,
  )
  const text = calls.length > 0 ? calls.join(', ') : 'nobody: no channel is configured for it'
  return { key: `${incident.incidentId}:${kind}:${step}`, atMs, kind, text }
}

function addressesOf({ channels }: Incident, { recipients, withTeam }: Call): Address[] {
  const own = recipients.flatMap(({ name, channels: ways }) => ways.map((channel) => ({ channel, recipient: name })))
  const byTeam = recipients.filter(({ channels: ways }) => ways.length === 0).map(({ name }) => name)
  const isTeamTold = withTeam || byTeam.length > 0 || recipients.length === 0
  const recipient = byTeam.length > 0 ? byTeam.join(', ') : undefined
  const team = isTeamTold ? channels.map((channel) => ({ channel, recipient })) : []
  const byChannel = new Map([...own, ...team].map((address) => [address.channel, address]))
  return [...byChannel.values()]
}

function outgoing(
  { incident, alerts, links }: MessageParts,
  { key, action, recipient }: Pick<Message, 'key' | 'action' | 'recipient'>,
  channel: string,
  dueMs: number,
): OutgoingMessage {
  const message: Message = { key, action, incident: viewOf(incident, alerts, links) }
  if (recipient !== undefined) message.recipient = recipient
  return { message, channel, dueMs }
}

function viewOf(incident: Incident, alerts: readonly DispatchedAlert[], links: IncidentPolicy['links']): IncidentView {
  const { incidentId, title, status, severity, rule, groupKey, groupLabels, query, threshold, value } = incident
  const { hosts, annotations, startedMs, acknowledgedBy, resolvedMs, changes } = incident
  const labels = { ...(alerts[0]?.labels ?? {}), ...groupLabels }
  return {
    incidentId,
    title,
    status,
    severity,
    rule,
    groupKey,
    groupLabels,
    query,
    threshold,
    value,
    hosts,
    alerts: [...alerts].sort(worstFirst).slice(0, MAX_ALERTS_TOLD),
    annotations,
    startedMs,
    acknowledgedBy,
    resolvedMs,
    links: { ...runbook(annotations), ...links(incidentId, labels) },
    changes,
  }
}

function worstFirst(a: DispatchedAlert, b: DispatchedAlert): number {
  if (a.status !== b.status) return a.status === 'firing' ? -1 : 1
  const [ofA, ofB] = [severityOf(a.labels), severityOf(b.labels)]
  if (ofA !== ofB) return isWorse(ofA, ofB) ? -1 : 1
  return a.startsMs - b.startsMs
}

function runbook({ runbook_url, runbook: text }: Readonly<Record<string, string>>): Record<string, string> {
  const link = runbook_url ?? text
  return link ? { runbook: link } : {}
}
