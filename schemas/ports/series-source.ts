import type { Matcher } from '../series/matcher.js'
import type { Label } from '../series/series.js'
import type { TimeRange } from '../time.js'

/** What the caller will do with the series, so that the source brings no more than that. */
export interface SelectHints {
  /** PromQL function around the selector, if any. */
  func?: string
  /** Range of a range selector, ms. */
  rangeMs?: number
  /** How long a point stays its series' value for an instant selector, ms: only the newest in it is read at each step. */
  lookbackMs?: number
  /** Step of the query, ms; 0 for an instant query. */
  stepMs: number
  /** Labels of the grouping around it, and whether they are kept or dropped. */
  grouping?: { by: boolean; labels: readonly string[] }
}

/**
 * One series of an answer as columns: value `value[i]` at `timeMs[i]`, ascending, NaN included.
 * `stale[i]` is 1 for a staleness marker.
 */
export interface WindowedSeries {
  /** `__name__` among them, sorted by name. */
  labels: readonly Label[]
  timeMs: Float64Array
  value: Float64Array
  stale: Uint8Array
}

/** All that a query evaluator knows of storage. Names may carry a virtual suffix (`api_latency:p99`). */
export interface SeriesSource {
  /** Series that satisfy all matchers, with their points in (startMs, endMs]. */
  select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncIterable<WindowedSeries>
}
