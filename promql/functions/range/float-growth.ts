import { WARNING } from '../../annotations.js'
import type { FloatRows } from '../../evaluate/range-series.js'
import { extrapolation, extrapolationSince } from './extrapolation.js'
import type { RangeCall, StepFunction } from './function.js'
import type { GrowthKind } from './growth.js'
import { startOverlaps, startsAnew } from './start-time.js'

/** Growth of floats over a range, extrapolated to its edges. */
export function floatGrowth(kind: GrowthKind, metric: string, rows: FloatRows, call: RangeCall): StepFunction {
  const { timeMs, value } = rows
  const startMs = kind.isCounter ? rows.startMs : undefined
  const unit = kind.perSecond ? call.rangeMs / 1000 : 1
  return (view, out) => {
    const { from, to } = view
    const last = to - 1
    let grown = value[last] - value[from]
    if (kind.isCounter) grown = startMs ? withStarts(grown, from, to) : withResets(grown, value, from, to)
    const since = startMs ? startMs[from] : 0
    if (since !== 0 && since > view.startMs && since < timeMs[from]) {
      grown += value[from]
      const factor = extrapolationSince(since, view, timeMs[from], timeMs[last], last - from)
      out.setFloat(view.step, grown * (factor / unit))
      return
    }
    if (last === from) return
    const toZero = kind.isCounter && grown > 0 && value[from] >= 0 ? value[from] / grown : Number.NaN
    const factor = extrapolation(view, timeMs[from], timeMs[last], last - from, toZero)
    out.setFloat(view.step, grown * (factor / unit))
  }

  function withStarts(difference: number, from: number, to: number): number {
    const starts = startMs as Float64Array
    let grown = difference
    let overlaps = false
    for (let i = from + 1; i < to; i++) {
      overlaps ||= startOverlaps(starts[i - 1], timeMs[i - 1], starts[i])
      const isReset = value[i] < value[i - 1] || startsAnew(starts[i - 1], timeMs[i - 1], starts[i], timeMs[i])
      if (isReset) grown += value[i - 1]
    }
    if (overlaps) call.annotations.warnCounted(WARNING.startTimeOverlap(metric), call.span)
    return grown
  }
}

/** Adds what a counter had counted before each of its resets to a difference: it counts from 0 after them. */
function withResets(difference: number, value: Float64Array, from: number, to: number): number {
  let grown = difference
  for (let i = from + 1; i < to; i++) if (value[i] < value[i - 1]) grown += value[i - 1]
  return grown
}
