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
  /** Chunks of windows in any order; no (series, window) comes twice. */
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
  /**
   * Resolves once the windows survive the loss of this process; readers see them within some seconds, in this process and
   * in others. Throws TM_HOTSTORE_UNAVAILABLE (retriable), TM_HOTSTORE_REFUSED.
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
  /** Puts closed or open windows; a batch replaces an earlier one of the same partition and start, except an open one a closed one. */
  put(batches: readonly WindowBatch[]): Promise<void>
  /** Every window that starts at or after this time and was closed is here; undefined if nothing is covered. ms since the epoch. */
  coveredFromMs(): Promise<number | undefined>
  /** Drops windows that start before `beforeMs`. */
  trim(beforeMs: number): Promise<void>
  close(): Promise<void>
}
