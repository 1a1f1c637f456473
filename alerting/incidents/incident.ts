import type { DispatchedAlert } from '../dispatch/flush.js'
import type { Message, Severity } from '../notify/channel.js'
import type { IncidentStatus } from './incident-state.js'

/** One trouble: a group of alerts from when its first one fired, whatever became of them. */
export interface Incident {
  /** Of its group and the time it was opened: the same however often the opening is tried. */
  incidentId: string
  ruleId: string
  /** Name of the rule, or of the alert that others sent. */
  rule: string
  groupKey: string
  groupLabels: Readonly<Record<string, string>>
  receiver: string
  title: string
  status: IncidentStatus
  /** Of its worst alert. */
  severity: Severity
  query?: string
  threshold?: string
  /** Of its worst alert. */
  value?: number
  /** Those that fire, and how many are known in all, if that can be told. */
  hosts: { firing: readonly string[]; known?: number }
  annotations: Readonly<Record<string, string>>
  /** Channels that its team is told by. */
  channels: readonly string[]
  /** Channels that anything was told by. */
  toldChannels: readonly string[]
  /** What became different since it was told last, newest last. */
  changes: readonly string[]
  startedMs: number
  acknowledgedMs?: number
  acknowledgedBy?: string
  resolvedMs?: number
  /** Undefined if its alerts stopped firing by themselves. */
  resolvedBy?: string
  assignee?: string
  snoozedUntilMs?: number
  /** When people were called last. */
  toldMs: number
  /** Time of the newest flush that it knows. */
  flushedMs: number
  /** Counts its changes; names the messages that come of each. */
  revision: number
  /** Counts how often escalation began from its first step. */
  episode: number
  /** Steps of this episode that were taken. */
  steps: number
  /** What the times of the steps count from, ms since epoch; later where it was snoozed. */
  escalatedFromMs: number
  /** Reminders since it was acknowledged. */
  reminders: number
}

/** An incident as it is stored, with what a decision about it needs. */
export interface KnownIncident {
  incident: Incident
  /** By fingerprint. */
  alerts: ReadonlyMap<string, DispatchedAlert>
  /** True if a message that it is resolved waits to be sent and is not under way yet. */
  resolveWaits: boolean
}

/** What can stand in a timeline. */
export type TimelineKind =
  | 'opened'
  | 'changed'
  | 'raised'
  | 'told'
  | 'escalated'
  | 'reminded'
  | 'acknowledged'
  | 'resolved'
  | 'reopened'
  | 'reassigned'
  | 'snoozed'
  | 'commented'

/** One line of an incident's timeline. */
export interface TimelineEntry {
  /** The same however often it is written; written once. */
  key: string
  atMs: number
  kind: TimelineKind
  /** Who did it; undefined for what Tidemark did by itself. */
  by?: string
  text: string
}

/** A message that is to be put into the outbox. */
export interface OutgoingMessage {
  message: Message
  channel: string
  /** Not sent before. */
  dueMs: number
}

/** What is written in one transaction. */
export interface IncidentPlan {
  incident: Incident
  /** Alerts that are new or different. */
  alerts: readonly DispatchedAlert[]
  timeline: readonly TimelineEntry[]
  /** Waiting messages of these kinds are taken back, unless they are under way. */
  withdraw: readonly ('update' | 'resolve')[]
  messages: readonly OutgoingMessage[]
  /** What its workflow is told, if anything. */
  signal?: { id: string; kind: 'open' | 'reopen' | 'clear' | 'raise' }
}
