import type { Aggregate } from './aggregate.js'

/** Smallest finite value; NaN if there is none. Adding 0 makes -0 a 0, so that which of the two came first never shows. */
export const min: Aggregate = {
  add(into, row, _timeMs, value) {
    if (Number.isFinite(value) && !(into.min[row] <= value)) into.min[row] = value + 0
  },
  merge(into, row, later, from) {
    if (!Number.isNaN(later.min[from]) && !(into.min[row] <= later.min[from])) into.min[row] = later.min[from]
  },
  sql: {
    fold: { min: 'min(finite) + 0' },
    merge: { min: 'min(min)' },
    across: { min: 'min(min)' },
  },
}

/** Largest finite value, in the same manner. */
export const max: Aggregate = {
  add(into, row, _timeMs, value) {
    if (Number.isFinite(value) && !(into.max[row] >= value)) into.max[row] = value + 0
  },
  merge(into, row, later, from) {
    if (!Number.isNaN(later.max[from]) && !(into.max[row] >= later.max[from])) into.max[row] = later.max[from]
  },
  sql: {
    fold: { max: 'max(finite) + 0' },
    merge: { max: 'max(max)' },
    across: { max: 'max(max)' },
  },
}
