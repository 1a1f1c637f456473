import type { Annotations } from '../../annotations.js'
import type { Span } from '../../ast.js'
import type { Wait } from '../../evaluate/budget.js'
import type { RangeSeries } from '../../evaluate/range-series.js'
import type { StepSeries } from '../../evaluate/values.js'

/** One call of a function of a range. */
export interface RangeCall {
  /** The first argument: what annotations point at. */
  span: Span
  rangeMs: number
  extent?: 'anchored' | 'smoothed'
  /** Values of the scalar arguments at each step, in the order in which they were written. */
  params: readonly Float64Array[]
  annotations: Annotations
  /** For work on so many samples in one step: lets other work of the process run now and then. */
  pace(samples: number): Wait
}

/** Histograms of one range between two looks at the clock, and what each takes, in samples. */
export const HISTOGRAM_ROWS = 512
export const HISTOGRAM_WORK = 20

/** The rows of a series that a function sees at one step: moved from step to step, never to be kept. */
export interface RangeView {
  step: number
  /** The evaluation time, ms. */
  atMs: number
  /** The range is (startMs, endMs]; rows outside of it are seen with an extended selector only. */
  startMs: number
  endMs: number
  /** Float rows seen: from (inclusive) to (exclusive). */
  from: number
  to: number
  /** Histogram rows seen. */
  histogramFrom: number
  histogramTo: number
}

/**
 * Computes one step of one series into `out`, or leaves the step absent. Where that may take long for one range it paces
 * itself, and is waited for: the view stays where it is.
 */
export type StepFunction = (view: RangeView, out: StepSeries) => void | Promise<void>

/** A function of a range vector. */
export interface RangeFunction {
  /** The value is one of the series' own: it keeps the metric name. */
  keepsName?: true
  /** Expects counters. */
  ofCounters?: true
  /** Modifiers of the selector that it understands. */
  extents?: readonly ('anchored' | 'smoothed')[]
  /** Takes much longer for a row than reading it. */
  isCostly?: true
  /** Looks at what a series is, once; what is returned is called at every step whose range holds a row. */
  of(series: RangeSeries, call: RangeCall): StepFunction
}
