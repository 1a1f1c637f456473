import { ApplicationFailure, Context } from '@temporalio/activity'
import type { EscalationWork } from '../alerting/escalation/escalator.js'
import type { BatchWork, TrainingKind, TrainingPlan } from '../batch/work.js'
import { TidemarkError } from '../schemas/errors.js'
import type { IncidentSignal } from '../schemas/ports/incidents.js'
import type { TimeRange } from '../schemas/time.js'

/** How often a running activity tells the server that it lives, ms. A quarter of the flows' heartbeat timeout. */
const HEARTBEAT_EVERY_MS = 5_000

/** The blocks of a range that come next. */
export interface BlockPage {
  /** Blocks left, these included. */
  count: number
  /** Starts of the next ones, oldest first, ms. */
  starts: number[]
}

export type Activities = ReturnType<typeof createActivities>

/**
 * What the flows may do: one call into the batch layer or into escalation each. A failure keeps its code, and is
 * retried if that says so.
 */
export function createActivities(work: BatchWork, escalation: EscalationWork) {
  return {
    nextEscalationStep: (incidentId: string) => failing(() => escalation.next(incidentId)),
    takeEscalationStep: (incidentId: string, step: Parameters<EscalationWork['take']>[1], nowMs: number) =>
      failing(() => escalation.take(incidentId, step, nowMs)),
    applyIncidentSignal: (signal: IncidentSignal) => failing(() => escalation.apply(signal)),
    sealReady: () => alive(() => work.sealReady()),
    dirtyReady: () => alive(() => work.dirtyReady()),
    recomputeBlock: (startMs: number) => alive(() => work.recomputeBlock(startMs)),
    auditBlock: (startMs: number) => alive(() => work.auditBlock(startMs)),
    sweep: () => alive(() => work.sweep()),
    planTraining: (kind: TrainingKind) => alive(() => work.planTraining(kind)),
    trainPage: (plan: TrainingPlan, after?: string) => alive(() => work.trainPage(plan, after)),
    /** The first `limit` blocks of the range that start after `afterMs`. */
    nextBlocks: (range: TimeRange, afterMs: number, limit: number): Promise<BlockPage> =>
      alive(async () => {
        const starts = (await work.blocksIn(range)).filter((startMs) => startMs > afterMs)
        return { count: starts.length, starts: starts.slice(0, limit) }
      }),
  }
}

/** Runs `call` with heartbeats, so that the server notices within seconds when this process is gone. */
async function alive<T>(call: () => Promise<T>): Promise<T> {
  const context = Context.current()
  const pulse = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS)
  try {
    return await failing(call)
  } finally {
    clearInterval(pulse)
  }
}

async function failing<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

/** An error of the registry as Temporal stores it. What is not of the registry is retried: nobody knows better. */
function asFailure(thrown: unknown): unknown {
  if (!(thrown instanceof TidemarkError)) return thrown
  return ApplicationFailure.create({
    message: thrown.message,
    type: thrown.code,
    nonRetryable: !thrown.retriable,
    cause: thrown,
  })
}
