import type { Matcher } from '../series/matcher.js'
import type { Series } from '../series/series.js'
import type { Tier, TimeRange } from '../time.js'
import type { WindowColumns } from '../windows/columns.js'

/** One consistent state of the whole batch view: one catalog read fixes it for a query. */
export interface Snapshot {
  /** Grows at each publish. */
  epoch: number
  /** The tide line, ms: every block before it is sealed. */
  frontierMs: number
  /** Length of a block, ms. */
  blockMs: number
  /** For each tier the oldest time that retention still holds, ms; undefined: from the beginning. */
  heldFromMs: Readonly<Record<Tier, number | undefined>>
}

/** A part of the batch view that a query reads. */
export interface BatchPart extends TimeRange {
  tier: Tier
}

/** What the plan shows of a block. */
export interface BlockVersion {
  startMs: number
  generation: number
  files: number
  /** Points arrived since this generation was computed. */
  dirty: boolean
}

/** The sealed past, recomputed from the raw archive. */
export interface BatchView {
  /**
   * The newest state, or that of an older epoch. Reads of it stay valid while the epoch is readable (24 h).
   * Throws TM_QUERY_EPOCH, TM_CATALOG_UNAVAILABLE.
   */
  snapshot(epoch?: number): Promise<Snapshot>
  /** Blocks of a part that hold files, with the generation each is read at in this snapshot. */
  blocks(snapshot: Snapshot, range: TimeRange): Promise<BlockVersion[]>
  /** Windows of the tier that start in the part's range, in any order; no (series, window) twice. */
  read(snapshot: Snapshot, part: BatchPart, matchers: readonly Matcher[]): AsyncIterable<WindowColumns>
  /** Series that satisfy all matchers and have points in the range, as far as the catalog can tell. */
  series(snapshot: Snapshot, range: TimeRange, matchers: readonly Matcher[]): Promise<Series[]>
}
