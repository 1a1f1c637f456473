import type { DispatchedAlert } from '../dispatch/flush.js'
import type { IncidentPlan, KnownIncident } from '../incidents/incident.js'
import { callMessages, toldEntry, withTold } from '../incidents/messages.js'
import type { IncidentPolicy } from '../incidents/policy.js'
import { type NextStep, nextStep } from './next-step.js'
import type { EscalationPolicy } from './policy.js'
import type { Recipient } from './recipients.js'

/** A step that is due, and who it calls. */
export interface StepToTake {
  wanted: Exclude<NextStep, { kind: 'none' }>
  recipients: readonly Recipient[]
}

/**
 * What comes of taking a step.
 * @returns undefined if it is not the next one any more: it was taken, or somebody acknowledged in the meantime
 */
export function planStep(
  { incident: known, alerts }: KnownIncident,
  { wanted, recipients }: StepToTake,
  policy: EscalationPolicy,
  links: IncidentPolicy['links'],
  nowMs: number,
): IncidentPlan | undefined {
  const next = nextStep(known, policy)
  if (next.kind !== wanted.kind || next.episode !== wanted.episode || next.step !== wanted.step) return undefined
  if (next.dueMs > nowMs) return undefined
  const isCall = next.kind === 'call'
  const parts = { incident: known, alerts: firingFirst([...alerts.values()]), links }
  const action = isCall ? 'trigger' : 'remind'
  const step = isCall ? `${next.episode}.${next.step}` : `ack-${next.episode}.${known.acknowledgedMs}.${next.step}`
  // Whoever begins a round of calls is called beside the team, as the first time.
  const withTeam = !isCall || next.step % policy.steps.length === 0
  const messages = callMessages(parts, { action, step, recipients, withTeam, dueMs: nowMs })
  const incident = {
    ...known,
    ...(isCall ? { steps: known.steps + 1 } : { reminders: known.reminders + 1 }),
    toldMs: nowMs,
    toldChannels: withTold(known.toldChannels, messages),
    changes: [],
    revision: known.revision + 1,
  }
  const kind = isCall ? 'escalated' : 'reminded'
  const timeline = [toldEntry(kind, { incident, step, messages, atMs: nowMs })]
  return { incident, alerts: [], timeline, withdraw: ['update'], messages }
}

function firingFirst(alerts: readonly DispatchedAlert[]): DispatchedAlert[] {
  return [...alerts].sort((a, b) => Number(a.status === 'resolved') - Number(b.status === 'resolved'))
}
