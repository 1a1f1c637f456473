import type { Aggregate } from './aggregate.js'

/** Weight of the finite values: the number of points where nothing was sampled. */
export const count: Aggregate = {
  add(into, row, _timeMs, value, weight) {
    if (Number.isFinite(value)) into.count[row] += weight
  },
  merge(into, row, later, from) {
    into.count[row] += later.count[from]
  },
  sql: {
    fold: { count: 'sum(weight)' },
    merge: { count: 'sum(count)' },
    across: { count: 'sum(count)' },
  },
}
