import { NON_FINITE } from '../windows/columns.js'
import type { Aggregate } from './aggregate.js'

/**
 * Whether some point is NaN, an infinity or a staleness marker. The finite aggregates leave such points out, and growth
 * across one of them is not known, so who asks them of a window that holds several points must know that they hide one.
 */
export const nonFinite: Aggregate = {
  add(into, row, _timeMs, value, _weight, stale) {
    if (stale || !Number.isFinite(value)) into.stale[row] |= NON_FINITE
  },
  merge(into, row, later, from) {
    into.stale[row] |= later.stale[from] & NON_FINITE
  },
  sql: {
    fold: { non_finite: 'bool_or(finite IS NULL)' },
    merge: { non_finite: 'bool_or(non_finite)' },
    across: { non_finite: 'bool_or(non_finite)' },
  },
}
