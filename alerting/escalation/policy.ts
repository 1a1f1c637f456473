import type { Severity } from '../../schemas/severity.js'

/** A step of escalation: who is called, and when. */
interface EscalationStep {
  /** Since escalation began, ms; that of the first step is 0, for it is taken when the incident is opened. */
  afterMs: number
  /** Duties, such as `on-call`; each is called. */
  to: readonly string[]
}

/** How incidents of a severity are escalated until somebody acknowledges. */
export interface EscalationPolicy {
  /** In the order of their times; none: the channels are told once, and nobody is called. */
  steps: readonly EscalationStep[]
  /** Begins again with the first step so long after the last one, ms; 0: never. */
  repeatMs: number
  /** Who has acknowledged is reminded this often until it is resolved, ms; 0: never. */
  remindMs: number
}

/** A policy for each severity. */
export type EscalationPolicies = Readonly<Record<Severity, EscalationPolicy>>
