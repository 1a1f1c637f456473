import {
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { ESCALATION_SIGNALS, type EscalationSignal, TASK_QUEUE } from '../schemas/flows.js'
import type { IncidentSignal } from '../schemas/ports/incidents.js'
import type { Activities } from './activities.js'

/** Signals whose ids are remembered, so that one that comes twice is done once. */
const REMEMBERED = 200

/** Events after which it goes on in a new run: few flows are kept in memory, the others are read again at each step. */
const LONG_HISTORY = 200

/** The catalog may be away for long: a step that cannot be taken yet is tried until it can. */
const { nextEscalationStep, takeEscalationStep, applyIncidentSignal } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUE.alerts,
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
})

/**
 * One incident's life: whoever is to be called next is called when it is time, until someone acknowledges; who has is
 * reminded, until it is resolved. What is true of the incident stands in the catalog: this flow only keeps the time,
 * and looks again whenever it is told that something happened.
 * @param seen ids of signals that earlier runs of this workflow have taken
 */
export async function escalate(incidentId: string, seen: string[] = []): Promise<void> {
  const arrived: EscalationSignal[] = []
  for (const kind of ESCALATION_SIGNALS) {
    setHandler(defineSignal<[Omit<EscalationSignal, 'kind'>]>(kind), (signal) => {
      if (seen.includes(signal.id)) return
      seen.push(signal.id)
      if (seen.length > REMEMBERED) seen.shift()
      arrived.push({ ...signal, kind })
    })
  }
  for (;;) {
    for (let signal = arrived.shift(); signal; signal = arrived.shift()) {
      if (signal.told) await applied(signal.told)
    }
    if (workflowInfo().historyLength > LONG_HISTORY) await continueAsNew<typeof escalate>(incidentId, seen)
    const next = await nextEscalationStep(incidentId)
    if (next.kind === 'none') {
      if (arrived.length > 0) continue
      return
    }
    const waitMs = next.dueMs - Date.now()
    if (waitMs > 0 && (await condition(() => arrived.length > 0, waitMs))) continue
    await takeEscalationStep(incidentId, next, Date.now())
  }
}

/** Does what was signalled. What the incident does not take any more is left: it does not end what is to come. */
async function applied(signal: IncidentSignal): Promise<void> {
  try {
    await applyIncidentSignal(signal)
  } catch (thrown) {
    if (isCancellation(thrown)) throw thrown
  }
}
