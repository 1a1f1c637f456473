import type { Severity } from '../severity.js'

/** Where an incident stands. */
export type IncidentStatus = 'firing' | 'acknowledged' | 'resolved'

/** What an operator does to an incident. */
export type IncidentAction =
  | { kind: 'acknowledge' }
  | { kind: 'resolve' }
  /** `to`: a duty such as `on-call`, or a person. */
  | { kind: 'reassign'; to: string }
  | { kind: 'snooze'; untilMs: number }
  | { kind: 'comment'; text: string }

/** An action on its way: done once, however often it comes. */
export interface IncidentSignal {
  id: string
  incidentId: string
  by: string
  atMs: number
  action: IncidentAction
}

/** An incident as it is listed. Times are ms since epoch. */
export interface IncidentSummary {
  /** Of its group and the time it was opened: the same however often the opening is tried. */
  incidentId: string
  ruleId: string
  /** Name of the rule, or of the alert that others sent. */
  rule: string
  title: string
  status: IncidentStatus
  /** Of its worst alert. */
  severity: Severity
  groupLabels: Readonly<Record<string, string>>
  /** Those that fire, and how many are known in all, if that can be told. */
  hosts: { firing: readonly string[]; known?: number }
  startedMs: number
  acknowledgedMs?: number
  acknowledgedBy?: string
  resolvedMs?: number
  /** Undefined if its alerts stopped firing by themselves. */
  resolvedBy?: string
  assignee?: string
  snoozedUntilMs?: number
}

/** One alert of an incident: one label set, whoever judged it. */
export interface IncidentAlert {
  /** The same as long as its labels are. */
  fingerprint: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  status: 'firing' | 'resolved'
  /** ms since epoch. */
  startsMs: number
  /** When it was resolved, ms; undefined while it fires. */
  endsMs?: number
  /** What its expression gave; unknown of alerts that others sent. */
  value?: number
}

/** One line of an incident's timeline. `by`: undefined for what Tidemark did by itself. */
interface TimelineLine {
  atMs: number
  kind: string
  by?: string
  text: string
}

/** An incident with all that is known of it. */
export interface IncidentDetail extends IncidentSummary {
  query?: string
  threshold?: string
  value?: number
  annotations: Readonly<Record<string, string>>
  channels: readonly string[]
  /** The first thousand. */
  alerts: readonly IncidentAlert[]
  /** The newest thousand lines, oldest first. */
  timeline: readonly TimelineLine[]
}

/** Which incidents are listed, the newest first. What is left out does not matter. */
export interface IncidentFilter {
  status?: readonly IncidentSummary['status'][]
  severity?: readonly IncidentSummary['severity'][]
  ruleId?: string
  /** Started at or after it, ms. */
  sinceMs?: number
  /** Where the page before ended. */
  after?: string
  limit: number
}

/** One page of a list. */
export interface IncidentPage {
  incidents: readonly IncidentSummary[]
  /** Where the next page begins; undefined at the end. */
  next?: string
}

/** What people see of incidents, and do to them. All throw TM_CATALOG_UNAVAILABLE, retriable. */
export interface Incidents {
  list(filter: IncidentFilter): Promise<IncidentPage>
  /** Throws TM_NOT_FOUND. */
  get(incidentId: string): Promise<IncidentDetail>
  /**
   * Does it, tells the channels, and lets the incident's workflow know. What was done already changes nothing.
   * Throws TM_NOT_FOUND, TM_INCIDENT_RESOLVED.
   */
  act(incidentId: string, action: IncidentAction, by: string): Promise<IncidentSummary>
}
