import { type FloatRows, firstAfter } from '../../evaluate/range-series.js'
import type { RangeCall, RangeView, StepFunction } from './function.js'
import type { GrowthKind } from './growth.js'

/**
 * Growth of floats from edge to edge of a range, nothing extrapolated. `anchored` takes the last point at or before the
 * start; `smoothed` interpolates at both edges between the points around them.
 */
export function extendedFloatGrowth(kind: GrowthKind, rows: FloatRows, call: RangeCall): StepFunction {
  const { timeMs, value } = rows
  const smoothed = call.extent === 'smoothed'
  const unit = kind.perSecond ? call.rangeMs / 1000 : 1
  return (view, out) => {
    const ends = rangeEnds(timeMs, view.from, view.to, view, smoothed)
    if (ends === undefined) return
    const { first, last } = ends
    const left = smoothed && timeMs[first] < view.startMs ? at(first, view.startMs, kind.isCounter) : value[first]
    const right =
      smoothed && last > view.from && timeMs[last] > view.endMs ? at(last - 1, view.endMs, kind.isCounter) : value[last]
    const lost = kind.isCounter ? lostBetween(left, right, first, last, view) : 0
    out.setFloat(view.step, (right - left + lost) / unit)
  }

  function at(row: number, atMs: number, isCounter: boolean): number {
    return interpolated(timeMs[row], value[row], timeMs[row + 1], value[row + 1], atMs, isCounter)
  }

  /** Resets between the edges: of those that an edge's interpolation spans it has taken account itself. */
  function lostBetween(left: number, right: number, first: number, last: number, view: RangeView): number {
    const from = timeMs[first] <= view.startMs ? first + 1 : first
    const to = timeMs[last] >= view.endMs ? last : last + 1
    let lost = 0
    let previous = left
    for (let i = from; i < to; i++) {
      if (value[i] < previous) lost += previous
      previous = value[i]
    }
    return right < previous ? lost + previous : lost
  }
}

/** Rows that stand for the edges of a range; undefined if it holds no growth. */
export function rangeEnds(
  timeMs: Float64Array,
  from: number,
  to: number,
  { startMs, endMs }: RangeView,
  smoothed: boolean,
): { first: number; last: number } | undefined {
  const seen = timeMs.subarray(from, to - 1)
  const first = from + Math.max(0, firstAfter(seen, startMs) - 1)
  const last = smoothed ? from + firstAtOrAfter(seen, endMs) : to - 1
  if (timeMs[last] <= startMs || (smoothed && timeMs[first] > endMs)) return undefined
  return { first, last }
}

/**
 * The value between two points. A counter that fell in between is taken to have started from 0 at the first of them.
 */
export function interpolated(aMs: number, a: number, bMs: number, b: number, atMs: number, isCounter: boolean): number {
  const start = isCounter && b < a ? 0 : a
  return start + ((b - start) * (atMs - aMs)) / (bMs - aMs)
}

/** Times are whole ms. */
function firstAtOrAfter(times: Float64Array, timeMs: number): number {
  return firstAfter(times, timeMs - 1)
}
