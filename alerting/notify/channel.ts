import type { IncidentStatus } from '../../schemas/ports/incidents.js'
import type { Severity } from '../../schemas/severity.js'
import type { DispatchedAlert } from '../dispatch/flush.js'

/** What a message makes of the incident that it is about. */
export type MessageAction = 'trigger' | 'update' | 'acknowledge' | 'resolve' | 'remind'

/** An incident as messages tell of it. */
export interface IncidentView {
  incidentId: string
  /** `api-service: error_rate > 5% on 50/100 hosts in us-east-1`. */
  title: string
  status: IncidentStatus
  severity: Severity
  /** Name of the rule, or `alertname` of alerts that others sent. */
  rule: string
  groupKey: string
  groupLabels: Readonly<Record<string, string>>
  /** Expression of the rule; unknown of alerts that others sent. */
  query?: string
  threshold?: string
  /** Of the alert that is worst. */
  value?: number
  /** Hosts that fire, and how many are known in all, if that can be told. */
  hosts: { firing: readonly string[]; known?: number }
  alerts: readonly DispatchedAlert[]
  annotations: Readonly<Record<string, string>>
  startedMs: number
  acknowledgedBy?: string
  resolvedMs?: number
  /** Names of the links (`incident`, `acknowledge`, `resolve`, `runbook`, `logs`, `chart`, `image`) and where they lead. */
  links: Readonly<Record<string, string>>
  /** What became different since the last message, newest last. */
  changes: readonly string[]
}

/** One message to one channel. */
export interface Message {
  /** The same however often it is sent. */
  key: string
  action: MessageAction
  /** Who is meant, where the channel can tell people apart: a person's address, a team, a room. */
  recipient?: string
  incident: IncidentView
  /** What the channel said of the incident's first message: updates need it. */
  reference?: string
}

/**
 * What came of sending:
 * - `delivered`: the other side has it; `said` is its answer as people may read it
 * - `later`: it may take it another time: stalled, throttled, or its reply was lost
 * - `refused`: it never will
 */
export type Delivery =
  | { outcome: 'delivered'; reference?: string; said?: string }
  | { outcome: 'later'; reason: string; retryAfterMs?: number }
  | { outcome: 'refused'; reason: string }

/** A way to reach people. Never rejects. */
export interface Channel {
  send(message: Message, signal: AbortSignal): Promise<Delivery>
}
