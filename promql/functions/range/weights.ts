import type { FloatRows, RowWindows } from '../../evaluate/range-series.js'

/** Points of one row: a row of no finite value is one point. */
export function rowWeight(windows: RowWindows, row: number): number {
  return windows.count[row] === 0 ? 1 : windows.count[row]
}

/** Points of the rows from (inclusive) to (exclusive). */
export function windowWeight(windows: RowWindows, from: number, to: number): number {
  let total = 0
  for (let row = from; row < to; row++) total += rowWeight(windows, row)
  return total
}

/** Sum of a row's points. */
export function rowSum(rows: FloatRows, windows: RowWindows, row: number): number {
  return windows.count[row] === 0 ? rows.value[row] : windows.sum[row]
}

/** Sum of the points of the rows from (inclusive) to (exclusive), compensated (Neumaier). */
export function windowSum(rows: FloatRows, windows: RowWindows, from: number, to: number): number {
  let sum = 0
  let lost = 0
  for (let row = from; row < to; row++) {
    const add = rowSum(rows, windows, row)
    const total = sum + add
    if (!Number.isFinite(total)) lost = 0
    else lost += Math.abs(sum) >= Math.abs(add) ? sum - total + add : add - total + sum
    sum = total
  }
  return sum + lost
}

/** True if a row from (inclusive) to (exclusive) stands for more than its last point. */
export function holdsSeveral(windows: RowWindows, from: number, to: number): boolean {
  return windows.severalBefore[to] > windows.severalBefore[from]
}
