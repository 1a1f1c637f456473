import type { IncidentStatus } from '../../schemas/ports/incidents.js'

/**
 * What happens to an incident:
 * - `fire`, `clear`: some of its alerts fire, or none does any more
 * - `raise`: it is worse than what people were called for, so they are asked anew
 * - the rest is what operators do; reassigning asks the new one to acknowledge
 */
export type IncidentEvent = 'fire' | 'clear' | 'raise' | 'acknowledge' | 'resolve' | 'reassign' | 'snooze' | 'comment'

/** The status after each event. */
export const NEXT_STATUS: Readonly<Record<IncidentStatus, Readonly<Record<IncidentEvent, IncidentStatus>>>> = {
  firing: {
    fire: 'firing',
    clear: 'resolved',
    raise: 'firing',
    acknowledge: 'acknowledged',
    resolve: 'resolved',
    reassign: 'firing',
    snooze: 'firing',
    comment: 'firing',
  },
  acknowledged: {
    fire: 'acknowledged',
    clear: 'resolved',
    raise: 'firing',
    acknowledge: 'acknowledged',
    resolve: 'resolved',
    reassign: 'firing',
    snooze: 'acknowledged',
    comment: 'acknowledged',
  },
  resolved: {
    fire: 'firing',
    clear: 'resolved',
    raise: 'firing',
    acknowledge: 'resolved',
    resolve: 'resolved',
    reassign: 'resolved',
    snooze: 'resolved',
    comment: 'resolved',
  },
}
