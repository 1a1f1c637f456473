import type { NativeHistogram } from '../histogram.js'
import type { Matcher } from '../series/matcher.js'
import type { Label } from '../series/series.js'
import type { Sketch } from '../sketch/sketch.js'
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
  /** True if `anchored` or `smoothed` reads points outside of the ranges too: every point is wanted. */
  everyPoint?: boolean
}

/**
 * One series of an answer as columns: row i is the value `value[i]` at `timeMs[i]`, ascending, NaN included.
 * `stale[i]` is 1 for a staleness marker.
 */
export interface WindowedSeries {
  /** `__name__` among them, sorted by name. */
  labels: readonly Label[]
  timeMs: Float64Array
  value: Float64Array
  stale: Uint8Array
  /** Row i is this histogram where there is one, and `value[i]` says nothing. */
  histogram?: readonly (NativeHistogram | undefined)[]
  /** Since when the counter of row i has counted, ms; 0 where that is not known. */
  startMs?: Float64Array
  /** Set where rows stand for whole windows; left out where each row is one point. */
  windows?: WindowRows
}

/**
 * The aggregates of rows that are windows: row i stands for all points from `firstMs[i]` to `timeMs[i]`, of which the
 * last has the row's value. A row lies in a range if its `timeMs` does. A row that is one point has count 1 and
 * first = last (or count 0 if that point is NaN or infinite: then `value` is what there is).
 */
export interface WindowRows {
  /**
   * `sample`: readings; growth is `increase` inside a row and the step from the last value of one row to `first` of the
   * next between rows. `event`: occurrences; growth is `sum`, and the row's value is what the bare name means.
   */
  kind: 'sample' | 'event'
  /** Weight of the finite values. */
  count: Float64Array
  sum: Float64Array
  /** NaN where no value is finite. */
  min: Float64Array
  max: Float64Array
  first: Float64Array
  firstMs: Float64Array
  /** Reset-aware growth inside the row. */
  increase: Float64Array
  /** Distribution of each row's finite values; undefined where min = max, whose value and count say it all. */
  sketch?: readonly (Sketch | undefined)[]
}

/** A function over a selector, and an aggregation of its results, that a source may compute by itself. */
export interface PushdownRequest {
  matchers: readonly Matcher[]
  /** Evaluation times: startMs, startMs + stepMs, … up to endMs. stepMs 0: startMs alone. */
  grid: TimeRange & { stepMs: number }
  /** What is read at evaluation time t: (t - offsetMs - widthMs, t - offsetMs]. */
  offsetMs: number
  /** Range, or lookback where func is `last`. ms */
  widthMs: number
  /** `last` for an instant selector, else the PromQL function of the range. */
  func: PushdownFunction
  /** Quantile of quantile_over_time. */
  parameter?: number
  /** Left out: one result a series. */
  aggregate?: PushdownAggregate
}

/** Functions whose result follows from merged windows. */
export const PUSHDOWN_FUNCTIONS = [
  'last',
  'sum_over_time',
  'count_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'quantile_over_time',
  'rate',
  'increase',
] as const
export type PushdownFunction = (typeof PUSHDOWN_FUNCTIONS)[number]

/** An aggregation over series at each step. */
export interface PushdownAggregate {
  op: 'sum' | 'count' | 'min' | 'max' | 'avg' | 'group'
  by: boolean
  /** Labels kept (by) or dropped (without), sorted. */
  labels: readonly string[]
}

/** Results at the first steps of the grid; those after them are left to whoever asked. */
export interface PushdownAnswer {
  /** How many steps are answered, from the first one on: at least one. */
  steps: number
  series: readonly PushdownSeries[]
  /** Of which kind all series are that it was computed from: see {@link WindowRows}. */
  kind: WindowRows['kind']
}

/**
 * Results of one series at the steps that are answered: `value[step]` where `present[step]` is 1, or else
 * `histogram[step]` where the results are histograms.
 */
export interface PushdownSeries {
  /** The metric name is among them only for func `last` without aggregation. */
  labels: readonly Label[]
  value: Float64Array
  present: Uint8Array
  histogram?: readonly (NativeHistogram | undefined)[]
}

/** All that a query evaluator knows of storage. Names may carry a virtual suffix (`api_latency:p99`). */
export interface SeriesSource {
  /** Series that satisfy all matchers, with their points in (startMs, endMs]. */
  select(matchers: readonly Matcher[], range: TimeRange, hints: SelectHints): AsyncIterable<WindowedSeries>
  /** The same as a whole; undefined if this source does not have it in memory anyway. */
  selectHeld?(
    matchers: readonly Matcher[],
    range: TimeRange,
    hints: SelectHints,
  ): Promise<readonly WindowedSeries[] | undefined>
  /**
   * The same answer as the engine would give, computed where the windows are, for the first steps or for all of them;
   * undefined if this request is better answered by `select`.
   */
  pushdown?(request: PushdownRequest): Promise<PushdownAnswer | undefined>
}
