import type { Aggregate } from './aggregate.js'

/** Smallest finite value; NaN if there is none. */
export const min: Aggregate = {
  add(into, row, _timeMs, value) {
    if (Number.isFinite(value) && !(into.min[row] <= value)) into.min[row] = value
  },
  merge(into, row, later, from) {
    if (!Number.isNaN(later.min[from]) && !(into.min[row] <= later.min[from])) into.min[row] = later.min[from]
  },
  sql: { fold: { min: 'min(value) FILTER (isfinite(value))' }, merge: { min: 'min(min)' }, across: { min: 'min(min)' } },
}

/** Largest finite value; NaN if there is none. */
export const max: Aggregate = {
  add(into, row, _timeMs, value) {
    if (Number.isFinite(value) && !(into.max[row] >= value)) into.max[row] = value
  },
  merge(into, row, later, from) {
    if (!Number.isNaN(later.max[from]) && !(into.max[row] >= later.max[from])) into.max[row] = later.max[from]
  },
  sql: { fold: { max: 'max(value) FILTER (isfinite(value))' }, merge: { max: 'max(max)' }, across: { max: 'max(max)' } },
}
