import { SignalQueue } from '../alerting/escalation/signal-queue.js'
import type { Escalations } from '../schemas/ports/workflows.js'
import type { IncidentParts } from './incidents.js'

/** Signals that are delivered in one go. */
const SIGNALS_AT_ONCE = 200
/** A workflow that has not acted for so long after it meant to may be gone, ms. */
const LATE_MS = 120_000

/**
 * Makes sure that each incident's workflow runs and hears what happened, at least once and in order: what cannot be
 * delivered now, because Temporal is away, waits in the catalog. Meanwhile first messages go out all the same.
 * @returns one turn of it, to be repeated; throws TM_TEMPORAL_MISSING, TM_CATALOG_UNAVAILABLE, both retriable
 */
export function escalationStarter({ db, clock }: IncidentParts, escalations: Escalations): () => Promise<void> {
  const queue = new SignalQueue(db)
  return async () => {
    await queue.wakeLate(clock(), LATE_MS)
    for (const { incidentId, signal } of await queue.waiting(SIGNALS_AT_ONCE)) {
      await escalations.signalEscalation(incidentId, signal)
      await queue.delivered(signal.id, clock())
    }
  }
}
