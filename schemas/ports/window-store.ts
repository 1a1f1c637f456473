import type { Matcher } from '../series/matcher.js'
import type { Series } from '../series/series.js'
import type { TimeRange } from '../time.js'
import type { WindowBatch, WindowColumns } from '../windows/columns.js'

/** What is read: 10 s windows whose start lies in the range, of the series that satisfy all matchers. */
export interface WindowSelection extends TimeRange {
  matchers: readonly Matcher[]
}

/** Windows of 10 s, readable by series and time. */
export interface WindowReader {
  /**
   * Chunks of windows in any order; of one partition no (series, window) comes twice. Of several it may only for a rollup
   * whose source is spread over them: see `mergedRollups`.
   */
  read(selection: WindowSelection): AsyncIterable<WindowColumns>
  /** The series that have at least one window in the range, as far as the store can tell without reading windows. */
  series(selection: WindowSelection): Promise<Series[]>
}

/**
 * Closed windows of the last days. lmdb when embedded, VictoriaMetrics on a cluster.
 * A batch replaces all that an earlier batch of the same partition and start wrote: writes are idempotent, and what was
 * written last counts.
 */
export interface HotStore extends WindowReader {
  /** Every reader sees windows this long after they were written, ms; before that some may lack. */
  readonly visibleAfterMs: number
  /**
   * Resolves once the windows survive the loss of this process; readers see them `visibleAfterMs` later, in this process
   * and in others. Throws TM_HOTSTORE_UNAVAILABLE (retriable), TM_HOTSTORE_REFUSED.
   */
  write(batches: readonly WindowBatch[]): Promise<void>
  /**
   * Windows that start before `beforeMs` are no longer wanted: this store gives none of them any more and may remove them.
   * Another process may still read them until they are removed.
   */
  trim(beforeMs: number): Promise<void>
  close(): Promise<void>
}

/**
 * Closed and open windows of the newest minutes. In process when embedded, Redis on a cluster. A cache: it may be
 * lost at any time, so it says what it covers and the hot store answers for the rest.
 */
export interface LiveView extends WindowReader {
  /**
   * Begins to feed a partition; who fed it before can no longer do so. What the view holds of it stays covered if the
   * view was told of every window closed so far. Else some never reached it, and it covers the partition from
   * `closedThroughMs` on. Throws TM_LIVEVIEW_UNAVAILABLE (retriable).
   * @param closedThroughMs windows of the partition that end at or before this may have been closed, here or elsewhere,
   * and no others. ms since the epoch
   */
  follow(partition: number, closedThroughMs: number): Promise<LiveFeed>
  /**
   * Every window of every partition that starts at or after this time and was closed is here; undefined if some
   * partition is not fed at present. A feeder that cannot reach the view is found out after some seconds. ms since the
   * epoch. Throws TM_LIVEVIEW_UNAVAILABLE (retriable), as reading does.
   */
  coveredFromMs(): Promise<number | undefined>
  /**
   * For each start in the range that has windows a name of what they are: another one as soon as some are put there. Of
   * what is read after the question it may be the name before. Throws TM_LIVEVIEW_UNAVAILABLE (retriable).
   */
  versions(range: TimeRange): Promise<ReadonlyMap<number, string>>
  /** Drops windows that start before `beforeMs`, and takes no more of them. */
  trim(beforeMs: number): Promise<void>
  close(): Promise<void>
}

/**
 * The way of one partition's windows into the live view. A feed that failed is of no use any more: the view lacks what
 * it did not take, and is told so by following the partition again. Throws TM_LIVEVIEW_UNAVAILABLE (retriable).
 */
export interface LiveFeed {
  /**
   * Puts closed or open windows of the partition, all of them or none. A batch takes the place of an earlier one of the
   * same start, but an open one never that of a closed one. Calls must not overlap.
   * @param closedThroughMs the view has now been given every window that ends at or before this, ms
   */
  put(batches: readonly WindowBatch[], closedThroughMs: number): Promise<void>
  /** Says that the partition is still fed though nothing was put: to be called every second or so. */
  beat(): Promise<void>
}
