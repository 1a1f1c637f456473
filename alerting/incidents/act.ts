import type { IncidentSignal } from '../../schemas/ports/incidents.js'
import type { Recipient, WhoIs } from '../escalation/recipients.js'
import type { IncidentStore } from './incident-store.js'
import { planAction } from './plan-action.js'
import type { IncidentPolicy } from './policy.js'

/** What actions work with. */
export interface ActionParts {
  store: IncidentStore
  whoIs: WhoIs
  links: IncidentPolicy['links']
  /** ms since epoch. */
  clock(): number
}

/**
 * Does what an operator wants, once, however often the signal comes.
 * @param isDelivered true if the incident's workflow knows of it already
 * @throws TM_INCIDENT_RESOLVED, TM_CATALOG_UNAVAILABLE
 */
export async function actOn(parts: ActionParts, signal: IncidentSignal, isDelivered: boolean): Promise<void> {
  const { store, links, clock } = parts
  const recipients = await assigneesOf(parts, signal)
  const nowMs = clock()
  await store.act({ signal, isDelivered }, nowMs, (known) => planAction(known, signal, { recipients, links }, nowMs))
}

/** Who it is reassigned to: whoever has the duty now, else the person of that name. */
async function assigneesOf(
  { store, whoIs, clock }: ActionParts,
  signal: IncidentSignal,
): Promise<readonly Recipient[]> {
  const { action, incidentId } = signal
  if (action.kind !== 'reassign') return []
  const incident = await store.find(incidentId)
  const found = await whoIs(action.to, incident?.groupLabels ?? {}, clock())
  return found.length > 0 ? found : [{ name: action.to, channels: [] }]
}
