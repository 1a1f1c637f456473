import type { Matcher } from '../series/matcher.js'
import type { Series } from '../series/series.js'
import type { Sketch } from '../sketch/sketch.js'
import type { Tier, TimeRange } from '../time.js'
import type { WindowColumn, WindowColumns } from '../windows/columns.js'

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
  /**
   * Windows that end at or before this hold every point that came on time, as the speed layer says at present, ms; 0
   * before it said anything.
   */
  completeThroughMs: number
  /** The same without the live view: those that end at or before this are closed, and in the hot store, ms. */
  closedThroughMs: number
}

/** Number columns that are read of windows, by kind of series. Flags are always read; the other columns hold nothing. */
export interface WantedColumns {
  sample: readonly WindowColumn[]
  event: readonly WindowColumn[]
  sketches: boolean
}

/** A part of the batch view that a query reads. */
export interface BatchPart extends TimeRange {
  tier: Tier
  /** Left out: every column. */
  columns?: WantedColumns
  /** Of the series that satisfy the matchers, only these. Left out: all of them. */
  series?: readonly Series[]
}

/**
 * What is taken of the windows of a series in a step:
 * - `last`: the last point, only where a step is one window
 * - `increase`: growth with resets counted from 0: of readings extrapolated to the ends of the step as Prometheus does it,
 *   of occurrences their sum
 * - `quantile`: of the finite values, within the bound of the sketches
 * - `distribution`: their merged sketches
 * - else the aggregate of that name
 */
export type WindowValue = 'sum' | 'count' | 'avg' | 'min' | 'max' | 'last' | 'increase' | 'quantile' | 'distribution'

/** A function over runs of windows of each series, aggregated over series at each step. */
export interface WindowAggregation {
  tier: Tier
  /** Step i holds the windows that start in [startMs + i * stepMs, startMs + (i + 1) * stepMs); whole windows of the tier. */
  startMs: number
  stepMs: number
  steps: number
  /** All readings, or all occurrences. */
  series: readonly Series[]
  /** The group of each of these series, from 0. */
  group: Int32Array
  groups: number
  value: WindowValue
  /** For `last`: how far before the end of its step a point counts, ms. */
  lookbackMs?: number
  /** For `quantile`: which one, from 0 to 1. */
  quantile?: number
  /** Left out: one result a series, each of which is a group. Of distributions there is a sum only. */
  op?: 'sum' | 'count' | 'min' | 'max' | 'avg' | 'group'
}

/** The values of some windows: their weight, their sum and their sketch, which may have any number of buckets. */
export interface Distribution {
  count: number
  sum: number
  sketch: Sketch
}

/** Results of an aggregation: group g has `value[g * steps + step]` where `present` is 1. */
export interface AggregatedWindows {
  value: Float64Array
  present: Uint8Array
  /** Instead of values where distributions are asked for. */
  distribution?: (Distribution | undefined)[]
  /** Set if a value comes from a sketch: it is within its bound. */
  isApproximate?: boolean
  /** How many windows were read. */
  windows: number
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
  /** Changes with what {@link read} would give of a part: a name of the files that hold it in this snapshot. */
  version(snapshot: Snapshot, part: TimeRange & { tier: Tier }): Promise<string>
  /**
   * Windows of the tier that start in the part's range, in any order; no (series, window) twice. What is given holds
   * until the next is asked for: its columns are filled again, its sketches are not.
   */
  read(snapshot: Snapshot, part: BatchPart, matchers: readonly Matcher[]): AsyncIterable<WindowColumns>
  /**
   * Aggregates windows where they are. Undefined if some window's flags say that it does not follow from its aggregates:
   * values that are not finite, staleness markers; or if that would take too much memory.
   */
  aggregate(snapshot: Snapshot, aggregation: WindowAggregation): Promise<AggregatedWindows | undefined>
  /** Series that satisfy all matchers and have points in the range, as far as the catalog can tell. */
  series(snapshot: Snapshot, range: TimeRange, matchers: readonly Matcher[]): Promise<Series[]>
}
