import { compareValues } from '../points.js'
import { FIRST_STALE, LAST_STALE, type WindowColumns } from '../windows/columns.js'
import type { Aggregate } from './aggregate.js'

/** Value and time of the earliest point, and whether it was a staleness marker. At equal times the smallest. */
export const first: Aggregate = {
  add(into, row, timeMs, value, _weight, stale) {
    const known = into.firstMs[row]
    if (timeMs > known) return
    if (timeMs === known && compareValues(value, stale, into.first[row], isFlagged(into, row, FIRST_STALE)) >= 0) return
    into.first[row] = value
    into.firstMs[row] = timeMs
    flag(into, row, FIRST_STALE, stale)
  },
  merge(into, row, later, from) {
    if (into.firstMs[row] <= later.firstMs[from] || Number.isNaN(later.firstMs[from])) return
    into.first[row] = later.first[from]
    into.firstMs[row] = later.firstMs[from]
    flag(into, row, FIRST_STALE, isFlagged(later, from, FIRST_STALE))
  },
  sql: {
    fold: {
      first: 'arg_min(value, ord)',
      first_ts: 'min(ts)',
      first_stale: 'arg_min(stale, ord)',
    },
    merge: {
      first: 'arg_min(first, first_ts)',
      first_ts: 'min(first_ts)',
      first_stale: 'arg_min(first_stale, first_ts)',
    },
    across: {
      first: `arg_min(first, ${orderSql('first')})`,
      first_ts: 'min(first_ts)',
      first_stale: `arg_min(first_stale, ${orderSql('first')})`,
    },
  },
}

/**
 * Value and time of the latest point, and whether it was a staleness marker: then the value before it must not show
 * through. At equal times the largest.
 */
export const last: Aggregate = {
  add(into, row, timeMs, value, _weight, stale) {
    const known = into.lastMs[row]
    if (timeMs < known) return
    if (timeMs === known && compareValues(value, stale, into.last[row], isFlagged(into, row, LAST_STALE)) < 0) return
    into.last[row] = value
    into.lastMs[row] = timeMs
    flag(into, row, LAST_STALE, stale)
  },
  merge(into, row, later, from) {
    if (into.lastMs[row] > later.lastMs[from] || Number.isNaN(later.lastMs[from])) return
    into.last[row] = later.last[from]
    into.lastMs[row] = later.lastMs[from]
    flag(into, row, LAST_STALE, isFlagged(later, from, LAST_STALE))
  },
  sql: {
    fold: {
      last: 'arg_max(value, ord)',
      last_ts: 'max(ts)',
      last_stale: 'arg_max(stale, ord)',
    },
    merge: { last: 'arg_max(last, last_ts)', last_ts: 'max(last_ts)', last_stale: 'arg_max(last_stale, last_ts)' },
    across: {
      last: `arg_max(last, ${orderSql('last')})`,
      last_ts: 'max(last_ts)',
      last_stale: `arg_max(last_stale, ${orderSql('last')})`,
    },
  },
}

/** Order of edges of different series: by time, at equal times as `compareValues` has it. */
function orderSql(edge: 'first' | 'last'): string {
  const rank = `CASE WHEN ${edge}_stale THEN 0 WHEN isnan(${edge}) THEN 1 ELSE 2 END`
  return `struct_pack(t := ${edge}_ts, r := ${rank}, v := ${edge})`
}

function isFlagged(windows: WindowColumns, row: number, bit: number): boolean {
  return (windows.stale[row] & bit) !== 0
}

function flag(windows: WindowColumns, row: number, bit: number, on: boolean): void {
  if (on) windows.stale[row] |= bit
  else windows.stale[row] &= ~bit
}
