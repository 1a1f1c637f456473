import type { Severity } from '../../schemas/severity.js'
import type { Recipient } from '../escalation/recipients.js'

/** What a rule says that its alerts do not. */
export interface RuleFacts {
  ruleId: string
  query: string
  /** In a person's words: `error_rate > 5%`. */
  condition?: string
  threshold?: string
  /** `pagerduty:team-a`; empty: the receiver's, or those of the severity. */
  channels: readonly string[]
}

/** How incidents are made of alerts. */
export interface IncidentPolicy {
  /** Nobody is called again about the same incident within this time, ms. */
  silenceMs: number
  /** That it is resolved is told once it has been for this long, ms. */
  resolveAfterMs: number
  /** Alerts that fire again within this time after it was resolved reopen it, and call nobody, ms. */
  reopenWithinMs: number
  /** Labels that may name a host, a service, a region; the first that an alert has counts. */
  hostLabels: readonly string[]
  serviceLabels: readonly string[]
  regionLabels: readonly string[]
  /** Channels of rules and receivers that name none. */
  channels: Readonly<Record<Severity, readonly string[]>>
  /** Channels of a receiver: none if nobody is told of its alerts, undefined if it says nothing of them. */
  receiverChannels(receiver: string): readonly string[] | undefined
  /** Undefined of alerts that others sent. */
  ruleOf(alertname: string): RuleFacts | undefined
  /** Where an incident can be looked at and answered, by name of the link. */
  links(incidentId: string, labels: Readonly<Record<string, string>>): Readonly<Record<string, string>>
}

/** What is asked of the outside before a flush is planned. */
export interface FlushFacts {
  /** Hosts that are known in all, if that can be told. */
  knownHosts?: number
  /** Who is called first, by severity; none: the incident's channels are told and no person. */
  first: Readonly<Record<Severity, readonly Recipient[]>>
}
