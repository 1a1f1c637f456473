import { randomUUID } from 'node:crypto'
import { Escalator } from '../alerting/escalation/escalator.js'
import type { EscalationPolicies } from '../alerting/escalation/policy.js'
import { listedRecipients, type WhoIs } from '../alerting/escalation/recipients.js'
import type { ActionParts } from '../alerting/incidents/act.js'
import { IncidentDesk } from '../alerting/incidents/incident-desk.js'
import { IncidentStore } from '../alerting/incidents/incident-store.js'
import type { IncidentPolicy } from '../alerting/incidents/policy.js'
import { PostgresOutbox } from '../alerting/incidents/postgres-outbox.js'
import type { IncidentDb } from '../alerting/incidents/tables.js'
import { onDuty } from '../alerting/on-call/on-duty.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { Clock } from '../schemas/time.js'

/** What is made of incidents in a process: the parts that its roles share. */
export interface IncidentParts extends ActionParts {
  db: IncidentDb
  escalation: EscalationPolicies
}

/** The parts over the catalog. */
export function incidentParts({ config, db, clock }: { config: Config; db: CatalogDb; clock: Clock }): IncidentParts {
  const ours = db as unknown as IncidentDb
  return {
    db: ours,
    store: new IncidentStore(ours),
    escalation: escalationPolicies(config.escalation),
    whoIs: whoIs(config),
    links: () => ({}),
    clock,
  }
}

/** Whoever has the duty by a schedule, with the channels that lead to them; else those whom the config lists for it. */
function whoIs({ alerting, escalation }: Config): WhoIs {
  const listed = listedRecipients(escalation.recipients)
  return async (duty, labels, atMs) => {
    const person = onDuty(alerting.on_call, duty, labels, atMs)
    if (person === undefined) return listed(duty, labels, atMs)
    const known = await listed(person, labels, atMs)
    return known.length > 0 ? known : [{ name: person, channels: [] }]
  }
}

/** Escalation, as the workflows ask for it. */
export function escalator(parts: IncidentParts): Escalator {
  return new Escalator(parts)
}

/** Incidents for people. */
export function incidentDesk(parts: IncidentParts): IncidentDesk {
  return new IncidentDesk({ ...parts, newId: randomUUID })
}

/** Messages on their way. */
export function outbox(db: CatalogDb): PostgresOutbox {
  return new PostgresOutbox(db as unknown as IncidentDb)
}

/** How incidents are made of alerts, as the config says. */
export function incidentPolicy(
  { incidents }: Config,
  { ruleOf, receiverChannels, links }: Pick<IncidentPolicy, 'ruleOf' | 'receiverChannels' | 'links'>,
): IncidentPolicy {
  return {
    silenceMs: parseDuration(incidents.silence_window),
    resolveAfterMs: parseDuration(incidents.resolve_after),
    reopenWithinMs: parseDuration(incidents.reopen_within),
    hostLabels: incidents.host_labels,
    serviceLabels: incidents.service_labels,
    regionLabels: incidents.region_labels,
    channels: incidents.channels,
    ruleOf,
    receiverChannels,
    links,
  }
}

/** How incidents of each severity are escalated, as the config says. */
export function escalationPolicies({ P1, P2, P3, P4 }: Config['escalation']): EscalationPolicies {
  return { P1: policyOf(P1), P2: policyOf(P2), P3: policyOf(P3), P4: policyOf(P4) }
}

function policyOf({ steps, repeat, remind }: Config['escalation']['P1']): EscalationPolicies['P1'] {
  return {
    steps: steps.map(({ after, to }) => ({ afterMs: parseDuration(after), to })),
    repeatMs: parseDuration(repeat),
    remindMs: parseDuration(remind),
  }
}
