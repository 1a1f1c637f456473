import {
  ActivityFailure,
  ApplicationFailure,
  ParentClosePolicy,
  proxyActivities,
  startChild,
} from '@temporalio/workflow'
import { FLOW, TASK_QUEUE } from '../schemas/flows.js'
import type { Activities } from './activities.js'

/**
 * Calls of activities, each on the queue of its kind. An activity whose process is gone is given to another after the heartbeat timeout; one that
 * fails is tried again for about a minute. A cancelled flow lets the running activity finish, for a block is published
 * whole or not at all, and its end is the cheapest place to stop.
 */
const options = {
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '20s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 6 },
} as const

const activities = proxyActivities<Activities>({ ...options, taskQueue: TASK_QUEUE.batch })
const upkeep = proxyActivities<Activities>({ ...options, taskQueue: TASK_QUEUE.upkeep })

export const { sealReady, dirtyReady, nextBlocks } = activities
export const { auditBlock, sweep, planTraining, trainPage } = upkeep

/** Recomputes a block, then compares it with what the speed layer had. Both are idempotent. */
export async function recomputeAndAudit(startMs: number): Promise<void> {
  await activities.recomputeBlock(startMs)
  await auditNowOrLater(startMs)
}

/** Compares a block with what the speed layer had; where it is too early, a flow of its own does so later. */
export async function auditNowOrLater(startMs: number): Promise<void> {
  const { pending } = await auditBlock(startMs)
  if (!pending) return
  const options = {
    workflowId: `tidemark-audit-${startMs}`,
    args: [startMs],
    parentClosePolicy: ParentClosePolicy.ABANDON,
  }
  // One that waits already does for this block too.
  await startChild(FLOW.audit, options).catch(() => undefined)
}

/** What went wrong with a block, in one line: its time, the error's code and its message. */
export function describeFailure(startMs: number, thrown: unknown): string {
  return `block ${new Date(startMs).toISOString()}: ${reasonOf(thrown)}`
}

/** The error under Temporal's wrapping, with its code. */
export function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof ActivityFailure ? (thrown.cause ?? thrown) : thrown
  const code = cause instanceof ApplicationFailure && cause.type?.startsWith('TM_') ? `${cause.type}: ` : ''
  return `${code}${cause instanceof Error ? cause.message : String(cause)}`
}

/** Fails the flow if any block of it failed; the others are done. */
export function reportFailures(failures: string[]): void {
  if (failures.length > 0) throw ApplicationFailure.nonRetryable(failures.join('; '), 'BlocksFailed')
}
