import { TidemarkError } from '../../schemas/errors.js'
import type { IncidentSignal } from '../../schemas/ports/incidents.js'
import type { Recipient } from '../escalation/recipients.js'
import type { Incident, IncidentPlan, KnownIncident } from './incident.js'
import { NEXT_STATUS } from './incident-state.js'
import { callMessages, followUps, type MessageParts, stepName, toldEntry, withTold } from './messages.js'
import { entry, newEpisode, unacknowledged } from './plan-incident.js'
import type { IncidentPolicy } from './policy.js'

/** What an action needs of the outside. */
export interface ActionFacts {
  /** Who does the duty, or is the person, that it is reassigned to. */
  recipients: readonly Recipient[]
  links: IncidentPolicy['links']
}

/**
 * What comes of an operator's action.
 * @returns undefined if it changes nothing
 * @throws TM_INCIDENT_RESOLVED for what cannot be done once it is over
 */
export function planAction(
  { incident: known, alerts }: KnownIncident,
  { action, by, id }: IncidentSignal,
  { recipients, links }: ActionFacts,
  nowMs: number,
): IncidentPlan | undefined {
  const status = NEXT_STATUS[known.status][action.kind]
  const next: Incident = { ...known, status, revision: known.revision + 1 }
  const parts = (incident: Incident): MessageParts => ({ incident, alerts: [...alerts.values()], links })
  const plan = (incident: Incident, text: string, kind: keyof typeof KINDS): IncidentPlan => ({
    incident,
    alerts: [],
    timeline: [{ ...entry(incident, KINDS[kind], text, nowMs, by), key: `${known.incidentId}:${kind}:${id}` }],
    withdraw: [],
    messages: [],
  })
  if (action.kind === 'comment') return plan(next, action.text, 'comment')
  if (known.status === 'resolved') {
    if (action.kind === 'resolve') return undefined
    const at = new Date(known.resolvedMs ?? nowMs).toISOString()
    throw new TidemarkError('TM_INCIDENT_RESOLVED', { id: known.incidentId, at, action: action.kind })
  }
  switch (action.kind) {
    case 'acknowledge': {
      if (known.status === 'acknowledged') return undefined
      const incident = { ...next, acknowledgedMs: nowMs, acknowledgedBy: by, reminders: 0 }
      return { ...plan(incident, '', 'acknowledge'), messages: followUps(parts(incident), 'acknowledge', nowMs) }
    }
    case 'resolve': {
      const incident = { ...next, resolvedMs: nowMs, resolvedBy: by, snoozedUntilMs: undefined }
      const messages = followUps(parts(incident), 'resolve', nowMs)
      return { ...plan(incident, '', 'resolve'), withdraw: ['update'], messages }
    }
    case 'snooze': {
      // Everything still to come is put off by the time that is slept.
      const sleptMs = action.untilMs - Math.max(nowMs, known.snoozedUntilMs ?? 0)
      const escalatedFromMs = known.escalatedFromMs + sleptMs
      const incident = { ...next, snoozedUntilMs: action.untilMs, escalatedFromMs }
      return plan(incident, `until ${new Date(action.untilMs).toISOString()}`, 'snooze')
    }
    case 'reassign': {
      const assigned = { ...next, ...unacknowledged, ...newEpisode(known, nowMs), assignee: action.to, toldMs: nowMs }
      const step = stepName({ ...assigned, steps: 0 })
      const call = { action: 'trigger', step, recipients, withTeam: false, dueMs: nowMs } as const
      const messages = callMessages(parts(assigned), call)
      const incident = { ...assigned, toldChannels: withTold(assigned.toldChannels, messages) }
      const { timeline, ...rest } = plan(incident, `to ${action.to}`, 'reassign')
      return {
        ...rest,
        timeline: [...timeline, toldEntry('told', { incident, step, messages, atMs: nowMs })],
        messages,
      }
    }
  }
}

/** What stands in the timeline of each action. */
const KINDS = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  reassign: 'reassigned',
  snooze: 'snoozed',
  comment: 'commented',
} as const
