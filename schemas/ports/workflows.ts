import type { EscalationSignal } from '../flows.js'
import type { TimeRange } from '../time.js'

/** What Temporal does, or why it does nothing. */
export interface WorkflowsStatus {
  /** `starting` while the server is looked for or installed. */
  state: 'running' | 'starting' | 'paused'
  /** For paused: the reason and the exact command that mends it. For starting: what is being done. */
  reason?: string
  address?: string
  /** Running workflows of ours. */
  running: { workflowId: string; type: string; startedMs: number }[]
}

/** Progress of a recompute over a range. */
export interface RecomputeProgress {
  workflowId: string
  /** `queued` while an earlier recompute holds the turn. */
  state: 'queued' | 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'
  blocksTotal: number
  blocksDone: number
  /** Start of the block that is being recomputed, ms. */
  currentMs?: number
  failure?: string
}

/** The signals that a running recompute takes. */
export type RecomputeSignal = 'pause' | 'resume' | 'cancel'

/** Starts and follows batch work. Temporal behind it. */
export interface Workflows {
  status(): Promise<WorkflowsStatus>
  /**
   * Asks for a recompute of every block that overlaps the range; ranges are recomputed one after the other.
   * Throws TM_TEMPORAL_MISSING, TM_RANGE, TM_RECOMPUTE_QUEUE.
   */
  recompute(range: TimeRange): Promise<{ workflowId: string }>
  /** Throws TM_NOT_FOUND, TM_TEMPORAL_MISSING. */
  progress(workflowId: string): Promise<RecomputeProgress>
  signal(workflowId: string, signal: RecomputeSignal): Promise<void>
}

/** Lets the workflow of an incident know. Temporal behind it. */
export interface Escalations {
  /** Starts the workflow if it does not run. Throws TM_TEMPORAL_MISSING, retriable. */
  signalEscalation(incidentId: string, signal: EscalationSignal): Promise<void>
}
