import { SEVERITIES, type Severity } from '../../schemas/severity.js'
import type { GroupFlush } from '../dispatch/flush.js'
import type { EscalationPolicies } from '../escalation/policy.js'
import type { Recipient, WhoIs } from '../escalation/recipients.js'
import { firingAlerts, sharedLabels } from './group-facts.js'
import type { IncidentPlan, KnownIncident } from './incident.js'
import type { AlsoWritten, IncidentStore } from './incident-store.js'
import { planIncident } from './plan-incident.js'
import type { FlushFacts, IncidentPolicy } from './policy.js'

/** What the intake works with. */
export interface IntakeParts {
  store: IncidentStore
  policy: IncidentPolicy
  escalation: EscalationPolicies
  whoIs: WhoIs
  /** How many hosts a group could fire on; undefined if that cannot be told. */
  countHosts(flush: GroupFlush): Promise<number | undefined>
  /** ms since epoch. */
  clock(): number
  /** Told what could not be asked; the incident is opened all the same. */
  onError(error: unknown): void
}

/** Makes incidents of what groups of alerts have to say. */
export class IncidentIntake {
  readonly #parts: IntakeParts

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /**
   * Stores what becomes of a flush, and the messages that come of it. May be called again with the same one.
   * @param also written in the same transaction, also if nothing else changed
   * @returns what was stored; undefined if nothing changed
   * @throws TM_CATALOG_UNAVAILABLE, retriable
   */
  async takeFlush(flush: GroupFlush, also?: AlsoWritten): Promise<IncidentPlan | undefined> {
    const { store, policy, clock } = this.#parts
    // Nobody is to hear of these.
    if (policy.receiverChannels(flush.receiver)?.length === 0)
      return store.changeGroup(flush.groupKey, clock(), () => undefined, also)
    const facts = await this.#ask(flush)
    const nowMs = clock()
    const plan = (before?: KnownIncident) => planIncident(before, { flush, facts }, policy, nowMs)
    return store.changeGroup(flush.groupKey, nowMs, plan, also)
  }

  async #ask(flush: GroupFlush): Promise<FlushFacts> {
    const nobody = { P1: [], P2: [], P3: [], P4: [] }
    if (firingAlerts(flush.alerts).length === 0) return { first: nobody }
    const knownHosts = await this.#orNothing(() => this.#parts.countHosts(flush))
    const labels = { ...sharedLabels(flush.alerts), ...flush.groupLabels }
    const asked = SEVERITIES.map(async (severity) => [severity, await this.#first(severity, labels)] as const)
    const first = { ...nobody, ...Object.fromEntries(await Promise.all(asked)) } as FlushFacts['first']
    return { knownHosts, first }
  }

  async #first(severity: Severity, labels: Readonly<Record<string, string>>): Promise<readonly Recipient[]> {
    const { escalation, whoIs, clock } = this.#parts
    const [step] = escalation[severity].steps
    if (!step) return []
    const found = await this.#orNothing(() => Promise.all(step.to.map((duty) => whoIs(duty, labels, clock()))))
    return (found ?? []).flat()
  }

  /** Nobody waits for a call because a question had no answer. */
  async #orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask()
    } catch (thrown) {
      this.#parts.onError(thrown)
      return undefined
    }
  }
}
