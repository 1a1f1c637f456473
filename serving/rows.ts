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

const NO_COLUMN = new Float64Array(0)

/** The aggregates of rows, column by column. */
export function rowsOf(kind: WindowRows['kind'], column: (name: RowColumn) => Float64Array): WindowRows {
  const [count, sum, min, max, first, firstMs, increase] = ROW_COLUMNS.map(column)
  return { kind, count, sum, min, max, first, firstMs, increase }
}

/** Rows of one series that grow as they come, in any order. */
export class GrowingRows {
  readonly series: Series
  readonly #form: WindowForm | undefined
  #length = 0
  #capacity = 16
  #ascending = true
  #timeMs = new Float64Array(this.#capacity)
  #value = new Float64Array(this.#capacity)
  #stale = new Uint8Array(this.#capacity)
  #columns: Float64Array[]
  readonly #sketch: (Sketch | undefined)[] = []

  /** @param form set if rows are windows */
  constructor(series: Series, form: WindowForm | undefined) {
    this.series = series
    this.#form = form
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
    const start = this.#length
    this.#timeMs.set(windows.lastMs.subarray(from, to), start)
    this.#value.set(windows.last.subarray(from, to), start)
    let before = start > 0 ? this.#timeMs[start - 1] : Number.NEGATIVE_INFINITY
    for (let row = from; row < to; row++) {
      const timeMs = windows.lastMs[row]
      if (timeMs < before) this.#ascending = false
      before = timeMs
      this.#stale[start + row - from] = (windows.stale[row] & staleFlag) !== 0 ? 1 : 0
    }
    for (const [c, name] of this.#names.entries()) this.#columns[c].set(windows[name].subarray(from, to), start)
    if (this.#form?.sketches)
      for (let row = from; row < to; row++) this.#sketch[start + row - from] = windows.sketch[row]
    this.#length += to - from
  }

  finish(): SeriesRows {
    const { series } = this
    const order = this.#ascending ? undefined : this.#order()
    const inOrder = (column: Float64Array) =>
      order && column.length > 0 ? Float64Array.from(order, (i) => column[i]) : column.subarray(0, this.#length)
    const stale = order ? Uint8Array.from(order, (i) => this.#stale[i]) : this.#stale.subarray(0, this.#length)
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

  #order(): Uint32Array {
    const timeMs = this.#timeMs
    return Uint32Array.from({ length: this.#length }, (_, i) => i).sort((a, b) => timeMs[a] - timeMs[b])
  }

  #reserve(rows: number): void {
    if (this.#length + rows <= this.#capacity) return
    this.#capacity = Math.max(this.#capacity * 2, this.#length + rows)
    this.#timeMs = widened(this.#timeMs, this.#capacity)
    this.#value = widened(this.#value, this.#capacity)
    this.#stale = widened(this.#stale, this.#capacity)
    this.#columns = this.#columns.map((column) => widened(column, this.#capacity))
  }
}
