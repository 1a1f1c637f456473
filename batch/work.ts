import type { BatchView } from '../schemas/ports/batch-view.js'
import type { WindowReader } from '../schemas/ports/window-store.js'
import type { TimeRange } from '../schemas/time.js'
import { auditBlock } from './audit/audit.js'
import { blocksWithPoints } from './catalog/blocks.js'
import { CatalogLateLedger } from './catalog/late-ledger.js'
import { Recompute, type RecomputeParts } from './recompute/recompute.js'
import { sweep } from './sweep/sweep.js'

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
  /** Applies retention and removes what nothing refers to any more. */
  sweep(): Promise<SweepOutcome>
}

/** What batch work needs besides what a recompute does. */
export interface BatchWorkParts extends RecomputeParts {
  view: BatchView
  hotStore: WindowReader
  /**
   * Every window that ends at or before this time (ms) was closed and stored by the speed layer, and its late points
   * counted, when it had read the log to these offsets, by partition; -Infinity if it has not read that far.
   */
  closedThroughMs: (readTo: ReadonlyMap<number, number>) => Promise<number>
}

/** The batch work of one process. */
export function createBatchWork(parts: BatchWorkParts): BatchWork {
  const { catalog, settings, clock } = parts
  const recompute = new Recompute(parts)
  const ledger = new CatalogLateLedger(catalog.db, catalog.blockMs)
  // Where retention dropped the raw points, a recompute would lose what the tiers still hold.
  const rawFromMs = () => (settings.rawMs > 0 ? clock() - settings.rawMs : Number.NEGATIVE_INFINITY)
  const isHeld = (startMs: number) => startMs >= rawFromMs()
  return {
    sealReady: async () => ({ sealed: await recompute.seal() }),
    dirtyReady: async () => (await recompute.dirtyReady()).filter(isHeld),
    recomputeBlock: (startMs) => recompute.block(startMs),
    blocksIn: async (range) => (await blocksWithPoints(catalog.db, range, catalog.blockMs)).filter(isHeld),
    auditBlock: (startMs) => auditBlock({ ...parts, ledger }, startMs),
    sweep: () => sweep({ ...parts, ledger }),
  }
}
