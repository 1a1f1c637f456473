import type { WindowRows } from '../schemas/ports/series-source.js'
import type { Series } from '../schemas/series/series.js'
import type { Sketch } from '../schemas/sketch/sketch.js'
import { widened } from '../schemas/widened.js'
import type { WindowColumns } from '../schemas/windows/columns.js'

/** The number columns of {@link WindowRows}. */
export const ROW_COLUMNS = ['count', 'sum', 'min', 'max', 'first', 'firstMs', 'increase'] as const

export type RowColumn = (typeof ROW_COLUMNS)[number]

/** What is kept of rows that are windows. */
export interface WindowForm {
  kind: WindowRows['kind']
  /** The other columns are left empty. */
  columns: readonly RowColumn[]
  sketches: boolean
}

/** Rows of one stored series, ascending in time. */
export interface SeriesRows {
  series: Series
  timeMs: Float64Array
  value: Float64Array
  stale: Uint8Array
  /** Left out where every row is one point. */
  windows?: WindowRows
}

/** A column that was not asked for. */
export const NO_COLUMN = new Float64Array(0)

/** The aggregates of rows, column by column. */
export function rowsOf(kind: WindowRows['kind'], column: (name: RowColumn) => Float64Array): WindowRows {
  const [count, sum, min, max, first, firstMs, increase] = ROW_COLUMNS.map(column)
  return { kind, count, sum, min, max, first, firstMs, increase }
}

/** Room for rows is widened so many times at once, but not beyond what a series can have. */
const GROWTH = 4

/** Rows of one series that grow as they come, in any order. */
export class GrowingRows {
  readonly series: Series
  readonly #form: WindowForm | undefined
  readonly #mostRows: number
  #length = 0
  #capacity = 16
  #ascending = true
  #timeMs = new Float64Array(this.#capacity)
  #value = new Float64Array(this.#capacity)
  #stale = new Uint8Array(this.#capacity)
  #columns: Float64Array[]
  readonly #sketch: (Sketch | undefined)[] = []

  /**
   * @param form set if rows are windows
   * @param mostRows how many rows are expected at most
   */
  constructor(series: Series, form: WindowForm | undefined, mostRows: number) {
    this.series = series
    this.#form = form
    this.#mostRows = mostRows
    this.#columns = form ? form.columns.map(() => new Float64Array(this.#capacity)) : []
  }

  /** Adds a row that is one point. */
  push(timeMs: number, value: number, stale: boolean): void {
    this.#reserve(1)
    const at = this.#length++
    if (at > 0 && timeMs < this.#timeMs[at - 1]) this.#ascending = false
    this.#timeMs[at] = timeMs
    this.#value[at] = value
    this.#stale[at] = stale ? 1 : 0
  }

  /** Adds a row that is a window, with its aggregates. */
  pushWindow(timeMs: number, value: number, stale: boolean, windows: WindowColumns, row: number): void {
    this.push(timeMs, value, stale)
    const at = this.#length - 1
    for (let c = 0; c < this.#columns.length; c++) this.#columns[c][at] = windows[this.#names[c]][row]
    if (this.#form?.sketches) this.#sketch[at] = windows.sketch[row]
  }

  /** Adds the windows of the rows from..to, which are those of one sample series, with their last points' time and value. */
  pushRun(windows: WindowColumns, from: number, to: number, staleFlag: number): void {
    this.#reserve(to - from)
    const { lastMs, last, stale } = windows
    let before = this.#length > 0 ? this.#timeMs[this.#length - 1] : Number.NEGATIVE_INFINITY
    for (let row = from, at = this.#length; row < to; row++, at++) {
      const timeMs = lastMs[row]
      if (timeMs < before) this.#ascending = false
      before = timeMs
      this.#timeMs[at] = timeMs
      this.#value[at] = last[row]
      this.#stale[at] = (stale[row] & staleFlag) !== 0 ? 1 : 0
    }
    const start = this.#length
    for (let c = 0; c < this.#columns.length; c++) copyRows(windows[this.#names[c]], from, to, this.#columns[c], start)
    if (this.#form?.sketches)
      for (let row = from; row < to; row++) this.#sketch[start + row - from] = windows.sketch[row]
    this.#length += to - from
  }

  finish(): SeriesRows {
    const { series } = this
    const order = this.#ascending ? undefined : this.#order()
    const inOrder = (column: Float64Array) =>
      order && column.length > 0 ? Float64Array.from(order, (i) => column[i]) : this.#used(column)
    const stale = order ? Uint8Array.from(order, (i) => this.#stale[i]) : this.#used(this.#stale)
    const rows: SeriesRows = { series, timeMs: inOrder(this.#timeMs), value: inOrder(this.#value), stale }
    const form = this.#form
    if (!form || (form.kind === 'sample' && this.#holdsPointsOnly())) return rows
    const column = (name: RowColumn) => inOrder(this.#columns[form.columns.indexOf(name)] ?? NO_COLUMN)
    rows.windows = rowsOf(form.kind, column)
    if (form.sketches && this.#sketch.length > 0) {
      const sketch = this.#sketch
      rows.windows.sketch = order ? Array.from(order, (i) => sketch[i]) : sketch
    }
    return rows
  }

  get #names(): readonly RowColumn[] {
    return this.#form?.columns ?? []
  }

  #holdsPointsOnly(): boolean {
    const firstMs = this.#columns[this.#names.indexOf('firstMs')]
    for (let i = 0; i < this.#length; i++) if (firstMs[i] < this.#timeMs[i]) return false
    return true
  }

  /** The rows in use, on memory of their own where most of it is not in use. */
  #used<Column extends Float64Array | Uint8Array>(column: Column): Column {
    const used = column.length > 2 * this.#length ? column.slice(0, this.#length) : column.subarray(0, this.#length)
    return used as Column
  }

  #order(): Uint32Array {
    const timeMs = this.#timeMs
    return Uint32Array.from({ length: this.#length }, (_, i) => i).sort((a, b) => timeMs[a] - timeMs[b])
  }

  #reserve(rows: number): void {
    if (this.#length + rows <= this.#capacity) return
    const least = this.#length + rows
    const wanted = this.#capacity * GROWTH
    this.#capacity =
      least > this.#mostRows ? Math.max(this.#capacity * 2, least) : Math.max(least, Math.min(wanted, this.#mostRows))
    this.#timeMs = widened(this.#timeMs, this.#capacity)
    this.#value = widened(this.#value, this.#capacity)
    this.#stale = widened(this.#stale, this.#capacity)
    this.#columns = this.#columns.map((column) => widened(column, this.#capacity))
  }
}

/** Copies the rows from..to: runs are short, so that a loop is faster than a view and its copy. */
function copyRows(rows: Float64Array, from: number, to: number, into: Float64Array, at: number): void {
  for (let row = from; row < to; row++) into[at++] = rows[row]
}
