import {
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow'
import { FLOW, QUEUE, type RecomputeRequest, type SteerWaiting } from '../schemas/flows.js'
import type { RecomputeProgress } from '../schemas/ports/workflows.js'
import { freshStart, type recomputeRange } from './recompute-range.flow.js'
import { steered, type Wish } from './steering.flow.js'

/** A request and what was signalled to it while it waits. */
interface Waiting extends RecomputeRequest {
  wish: Wish
}

/**
 * Gives recomputes their turn: what the overlap policy BufferAll of a Schedule does, with an id for each. A Schedule
 * starts one fixed action, its arguments included, and names its workflows by the time it fires; a recompute has a
 * range of its own and must be asked about by an id known when it was requested. So a request is a signal to this one
 * workflow, which starts the ranges as children, one after the other, in the order in which they came, none left out.
 * It ends when nothing waits, and the next request starts it again.
 *
 * A paused range keeps its turn. A range that was cancelled while it waited still becomes a workflow, which ends at
 * once, so that its id can be asked about.
 */
export async function recomputeQueue(waiting: Waiting[] = []): Promise<void> {
  let started: string | undefined
  setHandler(defineSignal<[RecomputeRequest]>(QUEUE.enqueue), (request) => {
    if (!waiting.some(({ workflowId }) => workflowId === request.workflowId)) waiting.push({ ...request, wish: 'go' })
  })
  setHandler(defineSignal<[SteerWaiting]>(QUEUE.steer), async ({ workflowId, signal }) => {
    const entry = waiting.find((candidate) => candidate.workflowId === workflowId)
    if (entry) entry.wish = steered[entry.wish][signal]
    // The range may have been started while the signal was on its way here.
    else if (started === workflowId)
      await getExternalWorkflowHandle(workflowId)
        .signal(signal)
        .catch(() => undefined)
  })
  setHandler(defineQuery<RecomputeProgress[]>(QUEUE.waiting), () => waiting.map(progressOf))

  while (waiting.length > 0) {
    const [{ workflowId, range, wish }] = waiting
    const child = await startChild<typeof recomputeRange>(FLOW.range, {
      workflowId,
      args: [range, freshStart(wish)],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    }).catch(() => undefined)
    const [{ wish: newest }] = waiting.splice(0, 1)
    started = workflowId
    if (child && newest !== wish) await child.signal(signalFor[newest]).catch(() => undefined)
    // How a range ended is told by its own progress; the next one gets its turn in any case.
    await child?.result().catch(() => undefined)
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the queue was cancelled')
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof recomputeQueue>(waiting)
  }
}

const signalFor = { go: 'resume', wait: 'pause', end: 'cancel' } as const satisfies Record<Wish, string>

function progressOf({ workflowId, wish }: Waiting): RecomputeProgress {
  const state = { go: 'queued', wait: 'paused', end: 'cancelled' } as const
  return { workflowId, state: state[wish], blocksTotal: 0, blocksDone: 0 }
}
