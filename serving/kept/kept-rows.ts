import { isEvent } from '../../schemas/points.js'
import type { Series } from '../../schemas/series/series.js'
import type { Sketch } from '../../schemas/sketch/sketch.js'
import { widened } from '../../schemas/widened.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import { pointsAsWindows } from '../merge.js'
import type { RowColumn } from '../rows.js'
import type { RowTarget } from '../take-rows.js'

/** What an empty one takes, bytes, and a row's sketch, in columns. */
const EMPTY_BYTES = 600
const SKETCH_COLUMNS = 50

/** Rows of the series of one metric in one window, those of a series in order of time. */
export class KeptRows implements RowTarget {
  length = 0
  /** The number of each row's series. */
  number: Uint32Array
  timeMs: Float64Array
  value: Float64Array
  stale: Uint8Array
  /** The aggregates that were asked for; undefined while every row is one point, which says it all. */
  columns: Float64Array[] | undefined
  sketch: (Sketch | undefined)[] | undefined
  readonly #names: readonly RowColumn[]
  readonly #sketches: boolean
  #of = 0
  #isOfEvents = false

  /**
   * @param names of the columns that are kept where rows are windows
   * @param sketches whether their sketches are kept too
   * @param expected how many rows there may be
   */
  constructor(names: readonly RowColumn[], sketches: boolean, expected: number) {
    this.#names = names
    this.#sketches = sketches
    this.number = new Uint32Array(expected)
    this.timeMs = new Float64Array(expected)
    this.value = new Float64Array(expected)
    this.stale = new Uint8Array(expected)
  }

  /** About what they take, bytes. */
  get bytes(): number {
    const columns = 3 + (this.columns?.length ?? 0) + (this.sketch ? SKETCH_COLUMNS : 0)
    return EMPTY_BYTES + this.number.length * columns * Float64Array.BYTES_PER_ELEMENT
  }

  /** Says of which series the next rows are. */
  begin(series: Series, number: number): void {
    this.#of = number
    this.#isOfEvents = isEvent(series.kind)
  }

  push(timeMs: number, value: number, stale: boolean): void {
    if (this.length === this.number.length) this.#resize(Math.max(16, 2 * this.length))
    const at = this.length++
    this.number[at] = this.#of
    this.timeMs[at] = timeMs
    this.value[at] = value
    this.stale[at] = stale ? 1 : 0
  }

  pushWindow(timeMs: number, value: number, stale: boolean, windows: WindowColumns, row: number): void {
    this.push(timeMs, value, stale)
    if (this.#names.length === 0) return
    const at = this.length - 1
    if (!this.columns) {
      if (!this.#isOfEvents && windows.firstMs[row] >= timeMs) return
      this.#addColumns(at)
    }
    for (let c = 0; c < this.#names.length; c++) this.columns![c][at] = windows[this.#names[c]][row]
    if (this.sketch) this.sketch[at] = windows.sketch[row]
  }

  pushRun(windows: WindowColumns, from: number, to: number, staleFlag: number): void {
    for (let row = from; row < to; row++) {
      const isStale = (windows.stale[row] & staleFlag) !== 0
      this.pushWindow(windows.lastMs[row], windows.last[row], isStale, windows, row)
    }
  }

  /** To be called once all rows are there. */
  settle(): void {
    if (this.length < this.number.length) this.#resize(this.length)
  }

  /** The same rows, of series that have other numbers now. @param numbers the new one of each old one */
  renumber(numbers: Uint32Array): void {
    this.number = this.number.map((number) => numbers[number])
  }

  /** From now on rows have aggregates; the first ones so far are windows of one point each. */
  #addColumns(rows: number): void {
    const points = { timeMs: this.timeMs.subarray(0, rows), value: this.value.subarray(0, rows) }
    const ofPoints = pointsAsWindows(points)
    this.columns = this.#names.map((name) => resized(ofPoints[name], this.number.length))
    if (this.#sketches) this.sketch = new Array(rows)
  }

  #resize(length: number): void {
    this.number = resized(this.number, length)
    this.timeMs = resized(this.timeMs, length)
    this.value = resized(this.value, length)
    this.stale = resized(this.stale, length)
    this.columns = this.columns?.map((column) => resized(column, length))
  }
}

function resized<Column extends Float64Array | Uint32Array | Uint8Array>(column: Column, length: number): Column {
  return length < column.length ? (column.slice(0, length) as Column) : widened(column, length)
}
