import type { WorkflowClient } from '@temporalio/client'
import { TidemarkError } from '../../schemas/errors.js'
import {
  FLOW,
  MAX_WAITING_RECOMPUTES,
  PROGRESS_QUERY,
  QUEUE,
  RECOMPUTE_QUEUE_ID,
  type RecomputeRequest,
  type SteerWaiting,
  TASK_QUEUE,
} from '../../schemas/flows.js'
import type { RecomputeProgress, RecomputeSignal } from '../../schemas/ports/workflows.js'
import type { Clock, TimeRange } from '../../schemas/time.js'

/** States in which Temporal itself may know better: a terminated workflow cannot tell that it is. */
const UNFINISHED: readonly RecomputeProgress['state'][] = ['running', 'paused']

/**
 * Puts a range at the end of the queue of recomputes.
 * @throws TM_RANGE, TM_RECOMPUTE_QUEUE
 */
export async function requestRecompute(
  client: WorkflowClient,
  range: TimeRange,
  clock: Clock,
): Promise<{ workflowId: string }> {
  const [from, to] = [timeOf(range.startMs), timeOf(range.endMs)]
  if (!(range.startMs < range.endMs)) throw new TidemarkError('TM_RANGE', { from, to, reason: 'it is empty' })
  const waiting = (await waitingRecomputes(client)).length
  if (waiting >= MAX_WAITING_RECOMPUTES)
    throw new TidemarkError('TM_RECOMPUTE_QUEUE', { waiting, limit: MAX_WAITING_RECOMPUTES })
  const workflowId = `tidemark-recompute-${from}-${to}-${clock().toString(36)}`
  const request: RecomputeRequest = { workflowId, range }
  await client.signalWithStart(FLOW.queue, {
    workflowId: RECOMPUTE_QUEUE_ID,
    taskQueue: TASK_QUEUE.batch,
    args: [],
    signal: QUEUE.enqueue,
    signalArgs: [request],
  })
  return { workflowId }
}

/**
 * How far a recompute is, whether it waits, runs or has ended.
 * @throws TM_NOT_FOUND
 */
export async function recomputeProgress(client: WorkflowClient, workflowId: string): Promise<RecomputeProgress> {
  return whereverItIs(client, workflowId, {
    async inWorkflow() {
      const handle = client.getHandle(workflowId)
      const progress = await handle.query<RecomputeProgress>(PROGRESS_QUERY)
      if (!UNFINISHED.includes(progress.state)) return progress
      const { status } = await handle.describe()
      if (status.name !== 'TERMINATED' && status.name !== 'TIMED_OUT') return progress
      return {
        ...progress,
        state: 'failed',
        failure: `its workflow was ${status.name.toLowerCase().replace('_', ' ')}`,
      }
    },
    whileWaiting: async (waiting) => waiting,
  })
}

/**
 * Pauses, resumes or cancels a recompute.
 * @throws TM_NOT_FOUND if it does not exist or has ended
 */
export async function signalRecompute(
  client: WorkflowClient,
  workflowId: string,
  signal: RecomputeSignal,
): Promise<void> {
  await whereverItIs(client, workflowId, {
    inWorkflow: () => client.getHandle(workflowId).signal(signal),
    async whileWaiting() {
      const steer: SteerWaiting = { workflowId, signal }
      await client.getHandle(RECOMPUTE_QUEUE_ID).signal(QUEUE.steer, steer)
    },
  })
}

/** Asks the recompute's own workflow, or, while it has none, the queue; once more if it got its turn in between. */
async function whereverItIs<T>(
  client: WorkflowClient,
  workflowId: string,
  { inWorkflow, whileWaiting }: { inWorkflow(): Promise<T>; whileWaiting(entry: RecomputeProgress): Promise<T> },
): Promise<T> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return await inWorkflow()
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown
    }
    const entry = (await waitingRecomputes(client)).find((candidate) => candidate.workflowId === workflowId)
    if (entry) return whileWaiting(entry)
  }
  throw new TidemarkError('TM_NOT_FOUND', {
    what: `a recompute "${workflowId}" that takes this`,
    fix: '`tidemark status` lists those that run; one that has ended takes no signal',
  })
}

async function waitingRecomputes(client: WorkflowClient): Promise<RecomputeProgress[]> {
  try {
    return await client.getHandle(RECOMPUTE_QUEUE_ID).query<RecomputeProgress[]>(QUEUE.waiting)
  } catch (thrown) {
    // Nothing was ever queued, or so long ago that it is forgotten.
    if (isMissing(thrown)) return []
    throw thrown
  }
}

function isMissing(thrown: unknown): boolean {
  const name = thrown instanceof Error ? thrown.name : ''
  return name === 'WorkflowNotFoundError' || name === 'QueryNotRegisteredError'
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
