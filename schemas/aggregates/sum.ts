import type { WindowColumns } from '../windows/columns.js'
import type { Aggregate } from './aggregate.js'

/**
 * Weighted sum of the finite values, compensated (Neumaier, 1974, "Rundungsfehleranalyse einiger Verfahren zur
 * Summation endlicher Summen"): the error of each addition is kept aside and added at the end.
 */
export const sum: Aggregate = {
  add(into, row, _timeMs, value, weight) {
    if (Number.isFinite(value)) accumulate(into, row, value * weight)
  },
  merge(into, row, later, from) {
    accumulate(into, row, later.sum[from])
    into.sumError[row] += later.sumError[from]
  },
  sql: {
    fold: { sum: 'coalesce(fsum(finite * weight), 0)' },
    merge: { sum: 'fsum(sum)' },
    across: { sum: 'fsum(sum)' },
  },
}

function accumulate(into: WindowColumns, row: number, term: number): void {
  const before = into.sum[row]
  const after = before + term
  into.sum[row] = after
  into.sumError[row] += Math.abs(before) >= Math.abs(term) ? before - after + term : term - after + before
}
