import fc from 'fast-check'
import { addEvent, addSample, mergeWindow } from '../../schemas/aggregates/index.js'
import { compareValues, Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { alignDown, windowStart } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'

/** A point of a law: of series `series`, `timeMs` after the start. */
export interface LawPoint {
  series: number
  timeMs: number
  value: number
  stale: boolean
  weight: number
}

/** Numbers of every sort that a window can meet, small ones often so that ties and equal values happen. */
const anyValue = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 40 }) },
  { weight: 3, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0.1, max: 10, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, 2, 4, 0.5, 5e-324, -5e-324, 2.2e-308, 1e300, -1e300, 1e-300) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
)

/** Points of a few series of each kind over ten minutes, many on a coarse grid, so that duplicates and ends of windows happen. */
export const anyPoints = fc.array(
  fc.record({
    series: fc.integer({ min: 0, max: 3 }),
    timeMs: fc.oneof(
      fc.integer({ min: 1, max: 600_000 }),
      fc.integer({ min: 1, max: 60 }).map((n) => n * 500),
    ),
    value: anyValue,
    stale: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
    weight: fc.constantFrom(1, 1, 1, 2, 10, 0.5),
  }),
  { maxLength: 120 },
)

/** Series 0 and 1 are samples, 2 a counter, 3 a timer. */
export const LAW_SERIES = [
  Series.of('reading', { host: 'a' }, Kind.Sample),
  Series.of('reading', { host: 'b' }, Kind.Sample),
  Series.of('hits', { host: 'a' }, Kind.EventCounter),
  Series.of('took', { host: 'a' }, Kind.EventTimer),
]

/** Brings raw draws into what can exist: samples have no weight, only they go stale, and stale means NaN. */
export function possible(points: readonly LawPoint[]): LawPoint[] {
  return points.map((point) => {
    const sample = point.series < 2
    const stale = sample && point.stale
    return {
      ...point,
      stale,
      value: stale ? Number.NaN : point.value,
      weight: sample ? point.weight && 1 : point.weight,
    }
  })
}

/** Folds points in TypeScript into windows of `lengthMs`, in time order, duplicates of samples removed. */
export function foldInOrder(points: readonly LawPoint[], startMs: number, lengthMs: number): WindowColumns {
  const sorted = [...points].sort(
    (a, b) => a.series - b.series || a.timeMs - b.timeMs || compareValues(a.value, a.stale, b.value, b.stale),
  )
  const windows = new WindowColumns()
  const rows = new Map<string, number>()
  sorted.forEach((point, i) => {
    const next = sorted[i + 1]
    const isSample = point.series < 2
    if (isSample && next && next.series === point.series && next.timeMs === point.timeMs) return
    const start = startMs + windowStart(point.timeMs, lengthMs)
    const key = `${point.series}:${start}`
    const row = rows.get(key) ?? windows.push(LAW_SERIES[point.series], start)
    rows.set(key, row)
    const timeMs = startMs + point.timeMs
    if (isSample) addSample(windows, row, timeMs, point.value, point.stale)
    else addEvent(windows, row, timeMs, point.value, point.weight)
  })
  windows.settle()
  return windows
}

/** Merges windows in order of time into windows of `lengthMs`. */
export function mergeInOrder(windows: WindowColumns, lengthMs: number): WindowColumns {
  const order = Array.from({ length: windows.length }, (_, row) => row).sort(
    (a, b) => windows.start[a] - windows.start[b],
  )
  const merged = new WindowColumns()
  const rows = new Map<string, number>()
  for (const from of order) {
    const start = alignDown(windows.start[from], lengthMs)
    const key = `${windows.series[from].id}:${start}`
    const known = rows.get(key)
    if (known !== undefined) mergeWindow(merged, known, windows, from)
    else {
      const row = merged.push(windows.series[from], start)
      rows.set(key, row)
      mergeWindow(merged, row, windows, from)
    }
  }
  merged.settle()
  return merged
}
