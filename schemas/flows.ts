import type { IncidentSignal } from './ports/incidents.js'
import type { RecomputeSignal } from './ports/workflows.js'
import type { TimeRange } from './time.js'

/**
 * The task queues that a worker polls, each with places of its own for activities: what is slow in one keeps none of
 * the other waiting.
 */
export const TASK_QUEUE = {
  /** Every flow, and the activities that seal and recompute. It marks every workflow of ours. */
  batch: 'tidemark-batch',
  /** The activities that audit and maintain. */
  upkeep: 'tidemark-upkeep',
  /** The activities that escalate. */
  alerts: 'tidemark-alerts',
} as const

export type QueueKind = keyof typeof TASK_QUEUE

/** Names of the flows, as Temporal knows them. */
export const FLOW = {
  seal: 'sealBlocks',
  dirty: 'recomputeDirty',
  range: 'recomputeRange',
  queue: 'recomputeQueue',
  audit: 'auditLater',
  maintain: 'maintain',
  train: 'trainPatterns',
  escalate: 'escalate',
} as const

/** Id of the one workflow that gives recomputes their turn. */
export const RECOMPUTE_QUEUE_ID = 'tidemark-recompute-queue'

/** Name of the query that a range answers with its RecomputeProgress. Its signals are named as RecomputeSignal says. */
export const PROGRESS_QUERY = 'progress'

/** Names of the queue's signals and its query. */
export const QUEUE = {
  /** Signal with a RecomputeRequest. */
  enqueue: 'enqueue',
  /** Signal with a SteerWaiting. */
  steer: 'steerWaiting',
  /** Query: the RecomputeProgress of every request that has no workflow yet. */
  waiting: 'waiting',
} as const

/** Recomputes that may wait; the next one is refused with TM_RECOMPUTE_QUEUE. */
export const MAX_WAITING_RECOMPUTES = 100

/** A range that waits for its turn. */
export interface RecomputeRequest {
  /** Id that the range's workflow will have. */
  workflowId: string
  range: TimeRange
}

/** A signal for a request that has no workflow yet. */
export interface SteerWaiting {
  workflowId: string
  signal: RecomputeSignal
}

/** Id of the workflow that escalates an incident. */
export function escalationId(incidentId: string): string {
  return `escalate-${incidentId}`
}

/** What happened to an incident, as its workflow is told; each name is that of a signal. */
export const ESCALATION_SIGNALS = [
  'open',
  'reopen',
  'raise',
  'clear',
  'late',
  'acknowledge',
  'resolve',
  'reassign',
  'snooze',
  'comment',
] as const

/** A signal for the workflow of an incident. */
export interface EscalationSignal {
  /** The same however often it is delivered. */
  id: string
  kind: (typeof ESCALATION_SIGNALS)[number]
  /** What an operator does. */
  told?: IncidentSignal
}
