import type { Severity } from '../severity.js'

/** An alert that is not inactive: one label set of one rule. */
export interface ActiveAlert {
  /** The same as long as rule and labels are. */
  fingerprint: string
  /** `alertname`, the series' labels and those of the rule. */
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  state: 'pending' | 'firing'
  /** What the expression gave when it last gave something. */
  value: number
  /** Since when it gives something, ms of event time. */
  activeMs: number
  /** Since when it fires; undefined while it is pending. */
  firedMs?: number
  /** When it last gave something. */
  seenMs: number
  /** What the rule says of it, where it is one of `alert_rules`. */
  origin?: AlertOrigin
}

/** The managed rule that an alert is of. */
export interface AlertOrigin {
  ruleId: string
  severity: Severity
  /** Where its incidents are told: `pagerduty:team-a`, `slack:#alerts`. */
  channels: readonly string[]
}

/** One rule and what came of judging it. */
export interface RuleStatus {
  alert: string
  query: string
  forMs: number
  keepFiringMs: number
  /** As they stand in the file. */
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  /** `unknown` until it was judged. */
  health: 'unknown' | 'ok' | 'err'
  lastError?: string
  /** Up to which time it was judged, ms of event time. */
  judgedMs?: number
  /** How long that took, ms. */
  tookMs: number
  alerts: readonly ActiveAlert[]
}

/** One recording rule and how it went. */
export interface RecordingStatus
  extends Pick<RuleStatus, 'query' | 'labels' | 'health' | 'lastError' | 'judgedMs' | 'tookMs'> {
  /** The metric that it records. */
  record: string
}

/** A group of rules that are judged together. */
export interface RuleGroupStatus {
  name: string
  file: string
  intervalMs: number
  /** Those that give alerts. */
  rules: readonly RuleStatus[]
  /** Those that record; left out if there are none. */
  recordings?: readonly RecordingStatus[]
}
