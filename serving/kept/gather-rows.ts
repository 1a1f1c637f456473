import { isEvent } from '../../schemas/points.js'
import type { WindowedSeries, WindowRows } from '../../schemas/ports/series-source.js'
import type { Sketch } from '../../schemas/sketch/sketch.js'
import { pointsAsWindows } from '../merge.js'
import type { Reading } from '../reading.js'
import { NO_COLUMN, type RowColumn, rowsOf } from '../rows.js'
import type { NumberedSeries } from './kept-metric.js'
import type { KeptRows } from './kept-rows.js'

/** Where the rows of each series lie: from `from[number]` to `from[number + 1]`. */
type Places = Uint32Array

/**
 * All rows of each series that has some, end to end.
 * @param windows in order of time
 * @param order of the series in the answer, by number
 */
export function gatherRows(
  windows: readonly KeptRows[],
  series: readonly NumberedSeries[],
  order: Uint32Array,
  reading: Reading,
): WindowedSeries[] {
  const from = placesOf(windows, series.length)
  const total = from[series.length]
  const timeMs = new Float64Array(total)
  const value = new Float64Array(total)
  const stale = new Uint8Array(total)
  const next = from.slice()
  for (const rows of windows) {
    const { number } = rows
    for (let row = 0; row < rows.length; row++) {
      const at = next[number[row]]++
      timeMs[at] = rows.timeMs[row]
      value[at] = rows.value[row]
      stale[at] = rows.stale[row]
    }
  }
  const aggregates = windows.some(({ columns }) => columns)
    ? gatherAggregates(windows, from, reading, { timeMs, value })
    : undefined
  const found: WindowedSeries[] = []
  for (const number of order) {
    const start = from[number]
    const end = from[number + 1]
    if (start === end) continue
    const { labels, series: one } = series[number]
    const rows: WindowedSeries = {
      labels,
      timeMs: timeMs.subarray(start, end),
      value: value.subarray(start, end),
      stale: stale.subarray(start, end),
    }
    const windowRows = aggregates?.of(isEvent(one.kind) ? 'event' : 'sample', start, end)
    if (windowRows) rows.windows = windowRows
    found.push(rows)
  }
  return found
}

function placesOf(windows: readonly KeptRows[], series: number): Places {
  const from = new Uint32Array(series + 1)
  for (const { number } of windows) for (let row = 0; row < number.length; row++) from[number[row] + 1]++
  for (let number = 0; number < series; number++) from[number + 1] += from[number]
  return from
}

/** The aggregates of all rows, laid as the rows are. */
interface Aggregates {
  /** Those of some rows; undefined where each of them is one point. */
  of(kind: WindowRows['kind'], start: number, end: number): WindowRows | undefined
}

function gatherAggregates(
  windows: readonly KeptRows[],
  from: Places,
  { columns: names, sketches }: Reading,
  points: { timeMs: Float64Array; value: Float64Array },
): Aggregates {
  // Rows of a window that has points only are windows of one point each.
  const ofPoints = pointsAsWindows(points)
  const columns = new Map<RowColumn, Float64Array>(names.map((name) => [name, ofPoints[name].slice()]))
  const sketch: (Sketch | undefined)[] | undefined = sketches ? new Array(points.timeMs.length) : undefined
  const next = from.slice()
  for (const rows of windows) {
    for (let row = 0; row < rows.length; row++) {
      const at = next[rows.number[row]]++
      for (let c = 0; rows.columns && c < names.length; c++) columns.get(names[c])![at] = rows.columns[c][row]
      if (sketch && rows.sketch) sketch[at] = rows.sketch[row]
    }
  }
  return {
    of(kind, start, end) {
      if (kind === 'sample' && arePoints(columns.get('firstMs')!, points.timeMs, start, end)) return undefined
      const windowRows = rowsOf(kind, (name) => columns.get(name)?.subarray(start, end) ?? NO_COLUMN)
      if (sketch) windowRows.sketch = sketch.slice(start, end)
      return windowRows
    },
  }
}

function arePoints(firstMs: Float64Array, timeMs: Float64Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (firstMs[at] < timeMs[at]) return false
  return true
}
