import type { Incident } from '../incidents/incident.js'
import type { EscalationPolicy } from './policy.js'

/** What escalation does next, and when. */
export type NextStep =
  | { kind: 'call'; episode: number; step: number; to: readonly string[]; dueMs: number }
  | { kind: 'remind'; episode: number; step: number; to: readonly string[]; dueMs: number }
  /** Nothing, until somebody does something. */
  | { kind: 'none' }

/** What is needed of an incident to know what comes next. */
export type EscalatedIncident = Pick<
  Incident,
  | 'status'
  | 'episode'
  | 'steps'
  | 'escalatedFromMs'
  | 'acknowledgedMs'
  | 'acknowledgedBy'
  | 'reminders'
  | 'snoozedUntilMs'
>

/** The step after those that were taken. */
export function nextStep(incident: EscalatedIncident, policy: EscalationPolicy): NextStep {
  if (incident.status === 'resolved') return { kind: 'none' }
  return incident.status === 'acknowledged' ? nextReminder(incident, policy) : nextCall(incident, policy)
}

function nextCall(incident: EscalatedIncident, { steps, repeatMs }: EscalationPolicy): NextStep {
  const { episode, steps: taken, escalatedFromMs } = incident
  if (steps.length === 0) return { kind: 'none' }
  const round = Math.floor(taken / steps.length)
  if (round > 0 && repeatMs === 0) return { kind: 'none' }
  const { afterMs, to } = steps[taken % steps.length]
  const roundMs = steps[steps.length - 1].afterMs + repeatMs
  return { kind: 'call', episode, step: taken, to, dueMs: escalatedFromMs + round * roundMs + afterMs }
}

function nextReminder(incident: EscalatedIncident, { remindMs }: EscalationPolicy): NextStep {
  const { episode, reminders, acknowledgedMs = 0, acknowledgedBy, snoozedUntilMs = 0 } = incident
  if (remindMs === 0) return { kind: 'none' }
  const to = acknowledgedBy === undefined ? [] : [acknowledgedBy]
  const dueMs = Math.max(acknowledgedMs + (reminders + 1) * remindMs, snoozedUntilMs)
  return { kind: 'remind', episode, step: reminders, to, dueMs }
}
