import type { NativeHistogram } from '../../schemas/histogram.js'
import type { WindowedSeries, WindowRows } from '../../schemas/ports/series-source.js'
import type { LabelSet } from '../labels.js'

/** Float points of one series, times ascending, no staleness marker among them. */
export interface FloatRows {
  timeMs: Float64Array
  value: Float64Array
  /** Since when the counter of a point has counted, ms; 0 where that is not known. */
  startMs?: Float64Array
  /** Set where some row stands for more than its last point, or rows are occurrences. */
  windows?: RowWindows
}

/** Aggregates of rows, and where rows are more than one point. */
export interface RowWindows extends WindowRows {
  /** `severalBefore[i]` rows of rows 0..i-1 stand for more than one point. */
  severalBefore: Int32Array
}

/** Histogram points of one series. */
export interface HistogramRows {
  timeMs: Float64Array
  histogram: readonly NativeHistogram[]
  startMs?: Float64Array
  /** Each is what occurred in a stretch of time: growth is their sum. */
  areOccurrences: boolean
}

/** One series of a range vector. No time is both in `floats` and in `histograms`. */
export interface RangeSeries {
  labels: LabelSet
  /** Delayed name removal: what is computed from it loses its name too. */
  dropName: boolean
  floats: FloatRows
  histograms: HistogramRows
}

const NO_ROWS = new Float64Array(0)

/** No histogram: what nearly every series has. */
export const NO_HISTOGRAMS: HistogramRows = { timeMs: NO_ROWS, histogram: [], areOccurrences: false }

/** The points of a series that were read in (fromMs, toMs], staleness markers left out. */
export function rangeSeries(read: WindowedSeries, fromMs: number, toMs: number): RangeSeries {
  const floats: number[] = []
  const histograms: number[] = []
  const first = firstAfter(read.timeMs, fromMs)
  const end = firstAfter(read.timeMs, toMs)
  let plain = true
  for (let row = first; row < end; row++) {
    const isStale = read.stale[row] === 1
    const isHistogram = read.histogram?.[row] !== undefined
    if (isStale || isHistogram) plain = false
    if (isHistogram && !isStale) histograms.push(row)
    else if (!isHistogram && (!isStale || (read.windows && read.windows.count[row] > 0))) floats.push(row)
  }
  const rows = plain ? wholeRows(read, first, end) : pickRows(read, floats)
  return {
    labels: read.labels,
    dropName: false,
    floats: rows,
    histograms: histograms.length === 0 ? NO_HISTOGRAMS : pickHistograms(read, histograms),
  }
}

/** Index of the first time after `timeMs`. */
export function firstAfter(times: Float64Array, timeMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle] > timeMs) high = middle
    else low = middle + 1
  }
  return low
}

/** Rows of a series that has neither markers nor histograms: views, nothing is copied. */
function wholeRows(read: WindowedSeries, first: number, end: number): FloatRows {
  const part = (column: Float64Array) => column.subarray(first, end)
  const rows: FloatRows = { timeMs: part(read.timeMs), value: part(read.value) }
  if (read.startMs) rows.startMs = part(read.startMs)
  const { windows } = read
  if (!windows) return rows
  return withWindows(rows, {
    kind: windows.kind,
    count: part(windows.count),
    sum: part(windows.sum),
    min: part(windows.min),
    max: part(windows.max),
    first: part(windows.first),
    firstMs: part(windows.firstMs),
    increase: part(windows.increase),
    sketch: windows.sketch?.slice(first, end),
  })
}

function pickRows(read: WindowedSeries, picked: readonly number[]): FloatRows {
  const pick = (column: Float64Array) => Float64Array.from(picked, (row) => column[row])
  const rows: FloatRows = { timeMs: pick(read.timeMs), value: pick(read.value) }
  if (read.startMs) rows.startMs = pick(read.startMs)
  const { windows } = read
  if (!windows) return rows
  const of = (column: Float64Array) => pick(column)
  const { sketch } = windows
  restoreEnded(read, windows, picked, rows)
  return withWindows(rows, {
    kind: windows.kind,
    count: of(windows.count),
    sum: of(windows.sum),
    min: of(windows.min),
    max: of(windows.max),
    first: of(windows.first),
    firstMs: of(windows.firstMs),
    increase: of(windows.increase),
    sketch: sketch && picked.map((row) => sketch[row]),
  })
}

/**
 * A window that a staleness marker ended still holds points. Of the last of them its value is known where nothing was
 * reset, and its time where it was the only one.
 */
function restoreEnded(read: WindowedSeries, windows: WindowRows, picked: readonly number[], rows: FloatRows): void {
  for (const [at, row] of picked.entries()) {
    if (read.stale[row] === 0) continue
    rows.value[at] = windows.first[row] + windows.increase[row]
    if (windows.count[row] === 1) rows.timeMs[at] = windows.firstMs[row]
  }
}

/** Leaves windows away where no row says more than a point. */
function withWindows(rows: FloatRows, windows: WindowRows): FloatRows {
  const { count, firstMs, kind } = windows
  const severalBefore = new Int32Array(count.length + 1)
  for (let row = 0; row < count.length; row++) {
    const isPoint = count[row] === 0 || (count[row] === 1 && firstMs[row] === rows.timeMs[row])
    severalBefore[row + 1] = severalBefore[row] + (isPoint ? 0 : 1)
  }
  if (kind === 'event' || severalBefore[count.length] > 0) rows.windows = { ...windows, severalBefore }
  return rows
}

function pickHistograms(read: WindowedSeries, picked: readonly number[]): HistogramRows {
  const histogram = picked.map((row) => read.histogram?.[row]).filter((one) => one !== undefined)
  const rows: HistogramRows = {
    timeMs: Float64Array.from(picked, (row) => read.timeMs[row]),
    histogram,
    areOccurrences: read.windows?.kind === 'event',
  }
  const { startMs } = read
  if (startMs) rows.startMs = Float64Array.from(picked, (row) => startMs[row])
  return rows
}
