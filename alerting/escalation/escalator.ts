import type { IncidentSignal } from '../../schemas/ports/incidents.js'
import { type ActionParts, actOn } from '../incidents/act.js'
import { type NextStep, nextStep } from './next-step.js'
import { planStep, type StepToTake } from './plan-step.js'
import type { EscalationPolicies } from './policy.js'
import type { Recipient } from './recipients.js'

/** What the workflow of an incident may do. All throw TM_CATALOG_UNAVAILABLE, retriable; all may be done again. */
export interface EscalationWork {
  /** What comes next, as the incident stands now, and writes down when that is. */
  next(incidentId: string): Promise<NextStep>
  /** Takes a step, unless it was taken or is not wanted any more: what it comes to is put into the outbox. */
  take(incidentId: string, step: StepToTake['wanted'], nowMs: number): Promise<void>
  /** Does what was signalled, unless that was done when it was asked for. */
  apply(signal: IncidentSignal): Promise<void>
}

/** What escalation works with. */
export interface EscalatorParts extends ActionParts {
  escalation: EscalationPolicies
}

/** Escalation on the incidents of the catalog. */
export class Escalator implements EscalationWork {
  readonly #parts: EscalatorParts

  constructor(parts: EscalatorParts) {
    this.#parts = parts
  }

  async next(incidentId: string): Promise<NextStep> {
    const { store, escalation } = this.#parts
    const incident = await store.find(incidentId)
    const next: NextStep = incident ? nextStep(incident, escalation[incident.severity]) : { kind: 'none' }
    if (incident) await store.expectStep(incidentId, next.kind === 'none' ? undefined : next.dueMs)
    return next
  }

  async take(incidentId: string, wanted: StepToTake['wanted'], nowMs: number): Promise<void> {
    const { store, escalation, links } = this.#parts
    const recipients = await this.#recipientsOf(incidentId, wanted, nowMs)
    await store.change(incidentId, nowMs, (known) =>
      planStep(known, { wanted, recipients }, escalation[known.incident.severity], links, nowMs),
    )
  }

  async apply(signal: IncidentSignal): Promise<void> {
    await actOn(this.#parts, signal, true)
  }

  /** Everybody who has the duties now; a duty that nobody has is called by its name. */
  async #recipientsOf(incidentId: string, { kind, to }: StepToTake['wanted'], nowMs: number): Promise<Recipient[]> {
    const { store, whoIs } = this.#parts
    const incident = await store.find(incidentId)
    if (!incident) return []
    if (kind === 'remind') return to.map((name) => ({ name, channels: [] }))
    const found = to.map(async (duty) => {
      const people = await whoIs(duty, incident.groupLabels, nowMs)
      return people.length > 0 ? people : [{ name: duty, channels: [] }]
    })
    return (await Promise.all(found)).flat()
  }
}
