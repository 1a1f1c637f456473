import { Kind } from '../schemas/points.js'
import type { WindowedSeries, WindowRows } from '../schemas/ports/series-source.js'
import type { Label, Series } from '../schemas/series/series.js'
import type { Sketch } from '../schemas/sketch/sketch.js'
import type { TimeRange } from '../schemas/time.js'
import { type RowColumn, rowsOf, type SeriesRows } from './rows.js'

/** The merged series, and what the reader of the answer must know. */
export interface Merged {
  series: WindowedSeries[]
  warnings: string[]
}

/**
 * Joins the rows of a plan's parts, series by series. The parts come in order of time and share no window, so
 * joining is laying them end to end: nothing is counted twice, nothing is lost at a boundary.
 * @param range only rows in (startMs, endMs] are kept
 * @param name what the series are called in the answer, if not by their own metric name
 * @returns series in the order of their labels
 */
export function mergeParts(parts: readonly (readonly SeriesRows[])[], range: TimeRange, name?: string): Merged {
  const runs = new Map<string, SeriesRows[]>()
  const clashes = new Set<string>()
  for (const part of parts) {
    for (const rows of part) {
      const key = identity(rows.series)
      const known = runs.get(key)
      if (!known) runs.set(key, [rows])
      else if (known[0].series.kind === rows.series.kind) known.push(rows)
      else {
        clashes.add(rows.series.metric)
        if (beats(rows.series.kind, known[0].series.kind)) runs.set(key, [rows])
      }
    }
  }
  const series = runsInOrder(runs)
    .map((run) => joined(run, range, name))
    .filter((one) => one.timeMs.length > 0)
  const warnings = [...clashes].map(
    (metric) => `metric "${metric}" has series of several kinds with the same labels: readings hide occurrences`,
  )
  return { series, warnings }
}

/** By their labels: where topk() and limitk() have a choice it is not the order of reading that makes it. */
export function inOrder(series: readonly Series[]): Series[] {
  return runsInOrder(new Map(series.map((one) => [identity(one), one])))
}

function runsInOrder<Run>(runs: ReadonlyMap<string, Run>): Run[] {
  return [...runs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, run]) => run)
}

/** A sample series beats an event series of the same name and labels, a counter beats a timer. */
function beats(kind: Kind, other: Kind): boolean {
  return kind === Kind.Sample || (kind === Kind.EventCounter && other !== Kind.Sample)
}

/** The canonical form without its kind. */
export function identity(series: Series): string {
  return Buffer.from(series.canonical.buffer, series.canonical.byteOffset + 1, series.canonical.length - 1).toString(
    'latin1',
  )
}

/** A stretch of one part's rows. */
interface Stretch {
  rows: SeriesRows
  from: number
  to: number
}

function joined(run: readonly SeriesRows[], range: TimeRange, name: string | undefined): WindowedSeries {
  const stretches = run.map((rows) => ({ rows, ...within(rows.timeMs, range) })).filter(({ from, to }) => from < to)
  const kind = stretches.find(({ rows }) => rows.windows)?.rows.windows?.kind
  const series: WindowedSeries = {
    labels: labelsOf(run[0].series, name),
    timeMs: laid(stretches, ({ timeMs }) => timeMs),
    value: laid(stretches, ({ value }) => value),
    stale: laidFlags(stretches),
  }
  if (kind) series.windows = windowsOf(stretches, kind)
  return series
}

function windowsOf(stretches: readonly Stretch[], kind: WindowRows['kind']): WindowRows {
  const windows = rowsOf(kind, (name) => laid(stretches, (rows) => (rows.windows ?? pointsAsWindows(rows))[name]))
  if (!stretches.some(({ rows }) => rows.windows?.sketch)) return windows
  const sketch: (Sketch | undefined)[] = []
  for (const { rows, from, to } of stretches) {
    for (let i = from; i < to; i++) sketch.push(rows.windows?.sketch?.[i])
  }
  windows.sketch = sketch
  return windows
}

/** The aggregates of rows that are one point each. */
export function pointsAsWindows({ timeMs, value }: Pick<SeriesRows, 'timeMs' | 'value'>): Pick<WindowRows, RowColumn> {
  const finite = value.map((one) => (Number.isFinite(one) ? one : Number.NaN))
  return {
    count: value.map((one) => (Number.isFinite(one) ? 1 : 0)),
    sum: value.map((one) => (Number.isFinite(one) ? one : 0)),
    min: finite,
    max: finite,
    first: value,
    firstMs: timeMs,
    increase: new Float64Array(value.length),
  }
}

/** A column of the stretches, end to end. That of a single stretch is not copied. */
function laid(stretches: readonly Stretch[], columnOf: (rows: SeriesRows) => Float64Array): Float64Array {
  if (stretches.length === 1) return columnOf(stretches[0].rows).subarray(stretches[0].from, stretches[0].to)
  const column = new Float64Array(lengthOf(stretches))
  let at = 0
  for (const { rows, from, to } of stretches) {
    column.set(columnOf(rows).subarray(from, to), at)
    at += to - from
  }
  return column
}

function laidFlags(stretches: readonly Stretch[]): Uint8Array {
  const column = new Uint8Array(lengthOf(stretches))
  let at = 0
  for (const { rows, from, to } of stretches) {
    column.set(rows.stale.subarray(from, to), at)
    at += to - from
  }
  return column
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((total, { from, to }) => total + to - from, 0)
}

/** The indexes of the times in (startMs, endMs]. */
function within(timeMs: Float64Array, { startMs, endMs }: TimeRange): { from: number; to: number } {
  let from = 0
  let to = timeMs.length
  while (from < to && timeMs[from] <= startMs) from++
  while (to > from && timeMs[to - 1] > endMs) to--
  return { from, to }
}

/** The labels of a series with its metric name among them, sorted. */
export function labelsOf(series: Series, name: string = series.metric): Label[] {
  const labels: Label[] = [['__name__', name], ...series.labels]
  return labels.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
}
