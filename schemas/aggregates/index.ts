import { isEvent } from '../points.js'
import { FIRST_STALE, LAST_STALE, type WindowColumns } from '../windows/columns.js'
import type { Aggregate } from './aggregate.js'
import { count } from './count.js'
import { distribution } from './distribution.js'
import { first, last } from './edges.js'
import { max, min } from './extremes.js'
import { increase } from './increase.js'
import { nonFinite } from './non-finite.js'
import { sum } from './sum.js'

/** Every aggregate, in the order in which they must see a point: some read what others are about to change. */
export const AGGREGATES: readonly Aggregate[] = [distribution, count, sum, min, max, nonFinite, increase, first, last]

/** Folds one point of a sample series into a row; points must come in time order, duplicates removed. */
export function addSample(into: WindowColumns, row: number, timeMs: number, value: number, stale: boolean): void {
  distribution.add(into, row, timeMs, value, 1, stale)
  count.add(into, row, timeMs, value, 1, stale)
  sum.add(into, row, timeMs, value, 1, stale)
  min.add(into, row, timeMs, value, 1, stale)
  max.add(into, row, timeMs, value, 1, stale)
  nonFinite.add(into, row, timeMs, value, 1, stale)
  increase.add(into, row, timeMs, value, 1, stale)
  first.add(into, row, timeMs, value, 1, stale)
  last.add(into, row, timeMs, value, 1, stale)
}

/** Folds one point of an event series into a row, in any order. */
export function addEvent(into: WindowColumns, row: number, timeMs: number, value: number, weight: number): void {
  distribution.add(into, row, timeMs, value, weight, false)
  count.add(into, row, timeMs, value, weight, false)
  sum.add(into, row, timeMs, value, weight, false)
  min.add(into, row, timeMs, value, weight, false)
  max.add(into, row, timeMs, value, weight, false)
  nonFinite.add(into, row, timeMs, value, weight, false)
  first.add(into, row, timeMs, value, weight, false)
  last.add(into, row, timeMs, value, weight, false)
}

/** Merges a later window of the same series into a row. */
export function mergeWindow(into: WindowColumns, row: number, later: WindowColumns, from: number): void {
  const event = isEvent(into.series[row].kind)
  for (const aggregate of AGGREGATES) {
    if (!event || aggregate !== increase) aggregate.merge(into, row, later, from)
  }
}

/**
 * Merges a window of another series into a rollup's row: their points interleave, so growth adds up without a step
 * between them, and first and last go by time.
 */
export function mergeAcross(into: WindowColumns, row: number, other: WindowColumns, from: number): void {
  for (const aggregate of [distribution, count, sum, min, max, nonFinite]) aggregate.merge(into, row, other, from)
  into.increase[row] += other.increase[from]
  if (Number.isNaN(other.lastMs[from])) return
  first.add(into, row, other.firstMs[from], other.first[from], 1, (other.stale[from] & FIRST_STALE) !== 0)
  last.add(into, row, other.lastMs[from], other.last[from], 1, (other.stale[from] & LAST_STALE) !== 0)
}
