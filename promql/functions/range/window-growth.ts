import type { FloatRows, RowWindows } from '../../evaluate/range-series.js'
import { extrapolation } from './extrapolation.js'
import type { RangeCall, StepFunction } from './function.js'
import type { GrowthKind } from './growth.js'
import { windowSum, windowWeight } from './weights.js'

/**
 * Growth over rows that are windows: inside of them their own `increase`, between them the step from the last value of
 * one to the first of the next.
 */
export function windowGrowth(kind: GrowthKind, rows: FloatRows, windows: RowWindows, call: RangeCall): StepFunction {
  const { timeMs, value } = rows
  const { first, firstMs, increase } = windows
  const unit = kind.perSecond ? call.rangeMs / 1000 : 1
  return (view, out) => {
    const { from, to } = view
    const last = to - 1
    const start = firstValue(from)
    let grown = value[last] - start
    if (kind.isCounter) grown += lostIn(from, to)
    const gaps = windowWeight(windows, from, to) - 1
    const toZero = kind.isCounter && grown > 0 && start >= 0 ? start / grown : Number.NaN
    const factor = extrapolation(view, firstMs[from], timeMs[last], gaps, toZero)
    out.setFloat(view.step, grown * (factor / unit))
  }

  function firstValue(row: number): number {
    return windows.count[row] === 0 ? value[row] : first[row]
  }

  /** What resets inside of windows and between them took. Steps from and to NaN tell nothing of resets. */
  function lostIn(from: number, to: number): number {
    let lost = 0
    for (let row = from; row < to; row++) {
      const inside = increase[row] - (value[row] - firstValue(row))
      if (Number.isFinite(inside)) lost += inside
      if (row > from && firstValue(row) < value[row - 1]) lost += value[row - 1]
    }
    return lost
  }
}

/** Growth of a series of occurrences is their sum: nothing lies between two of them, so nothing is extrapolated. */
export function eventGrowth(kind: GrowthKind, rows: FloatRows, windows: RowWindows, call: RangeCall): StepFunction {
  const unit = kind.perSecond ? call.rangeMs / 1000 : 1
  return (view, out) => out.setFloat(view.step, windowSum(rows, windows, view.from, view.to) / unit)
}
