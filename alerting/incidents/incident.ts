import type { IncidentSummary } from '../../schemas/ports/incidents.js'
import type { DispatchedAlert } from '../dispatch/flush.js'
import type { Message } from '../notify/channel.js'

/** One trouble: a group of alerts from when its first one fired, whatever became of them. */
export interface Incident extends IncidentSummary {
  groupKey: string
  receiver: string
  query?: string
  threshold?: string
  /** Of its worst alert. */
  value?: number
  annotations: Readonly<Record<string, string>>
  /** Channels that its team is told by. */
  channels: readonly string[]
  /** Channels that anything was told by. */
  toldChannels: readonly string[]
  /** What became different since it was told last, newest last. */
  changes: readonly string[]
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
  | 'sent'
  | 'failed'
  | 'dead-letter'

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
