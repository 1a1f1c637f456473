import { Kind } from '../schemas/points.js'
import type { Series } from '../schemas/series/series.js'
import { FIRST_STALE, LAST_STALE, type WindowColumns } from '../schemas/windows/columns.js'
import { partValue } from '../schemas/windows/parts.js'
import type { Reading } from './reading.js'
import type { GrowingRows, WindowForm } from './rows.js'

/** What rows of one series are put into. */
export type RowTarget = Pick<GrowingRows, 'push' | 'pushWindow' | 'pushRun'>

/**
 * Puts what a reading takes of windows into rows.
 * @param windows of which the rows from..to are of one series
 * @param tierMs length of the windows, ms
 * @returns how many rows of an answer they made
 */
export function takeRows(
  rows: RowTarget,
  reading: Reading,
  windows: WindowColumns,
  from: number,
  to: number,
  tierMs: number,
): number {
  if (reading.part !== 'bare' || windows.series[from].kind !== Kind.Sample)
    return takeValues(rows, reading, windows, from, to, tierMs)
  if (reading.form === 'edges') return takeEdges(rows, windows, from, to)
  rows.pushRun(windows, from, to, LAST_STALE)
  return to - from
}

/** What is kept of a row's aggregates; undefined where a row is one value. */
export function windowForm({ part, form, columns, sketches }: Reading, { kind }: Series): WindowForm | undefined {
  if (part === 'histogram') return { kind: 'event', columns, sketches }
  if (part !== 'bare' || form !== 'windows') return undefined
  return { kind: kind === Kind.Sample ? 'sample' : 'event', columns, sketches }
}

/** First and last point of each window at their own times. */
function takeEdges(rows: RowTarget, windows: WindowColumns, from: number, to: number): number {
  let taken = 0
  for (let row = from; row < to; row++) {
    const firstMs = windows.firstMs[row]
    const lastMs = windows.lastMs[row]
    if (firstMs < lastMs) {
      rows.push(firstMs, windows.first[row], (windows.stale[row] & FIRST_STALE) !== 0)
      taken++
    }
    rows.push(lastMs, windows.last[row], (windows.stale[row] & LAST_STALE) !== 0)
    taken++
  }
  return taken
}

/** One value of each window at its end, or none where the window holds no finite value. */
function takeValues(
  rows: RowTarget,
  { part, form }: Reading,
  windows: WindowColumns,
  from: number,
  to: number,
  tierMs: number,
): number {
  const isWindow = part === 'histogram' || (part === 'bare' && form === 'windows')
  let taken = 0
  for (let row = from; row < to; row++) {
    const endMs = windows.start[row] + tierMs
    const flags = windows.stale[row]
    const isEdge = part === 'first' || part === 'last'
    const isEmpty = !isEdge && !(windows.count[row] > 0)
    // A window with nothing but a staleness marker ends the series, and with it each of its parts.
    if (isEmpty && (flags & LAST_STALE) === 0) continue
    const stale = isEdge ? (flags & (part === 'first' ? FIRST_STALE : LAST_STALE)) !== 0 : isEmpty
    const value =
      stale || part === 'histogram' ? Number.NaN : isEdge ? windows[part][row] : partValue(part, windows, row)
    if (isWindow) rows.pushWindow(endMs, value, stale, windows, row)
    else rows.push(endMs, value, stale)
    taken++
  }
  return taken
}
