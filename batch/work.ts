import type { TimeRange } from '../schemas/time.js'

/** What a recompute of one block published. */
export interface RecomputedBlock {
  /** Generation that is current now. */
  generation: number
  /** Epoch at which it became visible. */
  epoch: number
  /** Raw points of the block. */
  points: number
}

/** What an audit of one block found. */
export interface BlockAudit {
  /** False where nothing can be compared: the hot store no longer holds the block, or it lies before the origin. */
  audited: boolean
  /** True where it is too early: the block is not sealed or is dirty, or the speed layer has not read or closed all of it. Ask again later. */
  pending: boolean
  /** Windows compared. */
  windows: number
  /** Differences that late points explain. */
  explained: number
  /** Differences that nothing explains; counted in the catalog too. The only right value is 0. */
  unexplained: number
}

/** What a sweep removed or rewrote. */
export interface SweepOutcome {
  /** Files whose generation went out of retention. */
  filesDropped: number
  /** Objects without a row in the catalog. */
  orphansRemoved: number
  /** Small files that were rewritten into larger ones. */
  filesCompacted: number
}

/** Which patterns a run trains: all, or those whose history was corrected since. */
export type TrainingKind = 'all' | 'corrected'

/** What a run of training works on, fixed at its beginning. */
export interface TrainingPlan {
  kind: TrainingKind
  /** The history that each series is trained on; where it was corrected, its own range of before. */
  range: TimeRange
  /** Of the batch view at the beginning. */
  epoch: number
}

/** What became of some series of a run. */
export interface TrainedPage {
  trained: number
  /** Their history is what it was. */
  unchanged: number
  /** Their history holds no season twice. */
  tooShort: number
  /** Where the next page begins; left out after the last. */
  next?: string
}

/**
 * The batch work that a scheduler starts, each call by itself. Every method is idempotent and may be killed at any
 * await: nothing is half-published, and a repeated call goes on where the last one stopped.
 * All throw TM_CATALOG_UNAVAILABLE and TM_OBJECT_UNAVAILABLE, both retriable.
 */
export interface BatchWork {
  /** Seals every block behind the tide line whose points have all been archived, oldest first, a bounded number a call. */
  sealReady(): Promise<{ sealed: number[] }>
  /** Starts of the dirty blocks whose debounce or deadline has passed, oldest first, ms. */
  dirtyReady(): Promise<number[]>
  /** Recomputes one sealed block from its raw points and publishes the next generation. Throws TM_BLOCK_UNKNOWN. */
  recomputeBlock(startMs: number): Promise<RecomputedBlock>
  /** Starts of the sealed blocks that overlap the range and have raw points, oldest first, ms. */
  blocksIn(range: TimeRange): Promise<number[]>
  /** Compares a block's batch windows with those of the speed layer. */
  auditBlock(startMs: number): Promise<BlockAudit>
  /** Begins a run of training of seasonal patterns. */
  planTraining(kind: TrainingKind): Promise<TrainingPlan>
  /** Trains a bounded number of series and stores their patterns. @param after `next` of the page before */
  trainPage(plan: TrainingPlan, after?: string): Promise<TrainedPage>
  /** Applies retention, removes what nothing refers to any more, and compacts the tiers of whole days. */
  sweep(): Promise<SweepOutcome>
}
