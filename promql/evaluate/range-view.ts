import type { RangeView } from '../functions/range/function.js'
import { firstAfter, type RangeSeries } from './range-series.js'

/** Rows that are passed sooner than searched. */
const NEAR_ROWS = 64

/** How far beyond its range a selector looks, ms. */
export interface Reach {
  beforeMs: number
  afterMs: number
}

/** A view of a series' rows that moves forward only: each row is passed once, however many ranges hold it. */
export class MovingView implements RangeView {
  step = 0
  atMs = 0
  startMs = 0
  endMs = 0
  from = 0
  to = 0
  histogramFrom = 0
  histogramTo = 0

  constructor(
    private readonly series: RangeSeries,
    private readonly reach: Reach,
  ) {}

  /** Rows that are seen. */
  get size(): number {
    return this.to - this.from + this.histogramTo - this.histogramFrom
  }

  /** Moves to a range that starts and ends no earlier than the one before. */
  moveTo(startMs: number, endMs: number): void {
    this.startMs = startMs
    this.endMs = endMs
    const afterMs = startMs - this.reach.beforeMs
    const upToMs = endMs + this.reach.afterMs
    const { floats, histograms } = this.series
    this.from = pass(floats.timeMs, this.from, afterMs)
    this.to = pass(floats.timeMs, Math.max(this.to, this.from), upToMs)
    if (histograms.timeMs.length === 0) return
    this.histogramFrom = pass(histograms.timeMs, this.histogramFrom, afterMs)
    this.histogramTo = pass(histograms.timeMs, Math.max(this.histogramTo, this.histogramFrom), upToMs)
  }
}

/** A few rows are passed one by one; where they are many the place is searched for. */
function pass(times: Float64Array, at: number, timeMs: number): number {
  const near = Math.min(times.length, at + NEAR_ROWS)
  while (at < near && times[at] <= timeMs) at++
  return at < near ? at : at + firstAfter(times.subarray(at), timeMs)
}
