import { isEvent } from '../../schemas/points.js'
import type { Series } from '../../schemas/series/series.js'
import type { Sketch } from '../../schemas/sketch/sketch.js'
import { widened } from '../../schemas/widened.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
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
  /** The aggregates that were asked for; undefined once it is known that every row is one point. */
  columns: Float64Array[] | undefined
  sketch: (Sketch | undefined)[] | undefined
  readonly #names: readonly RowColumn[]
  #of = 0
  #allPoints = true

  /**
   * @param names of the columns that are kept where rows are windows
   * @param sketches whether their sketches are kept too
   * @param expected how many rows there may be
   */
  constructor(names: readonly RowColumn[], sketches: boolean, expected: number) {
    this.#names = names
    this.number = new Uint32Array(expected)
    this.timeMs = new Float64Array(expected)
    this.value = new Float64Array(expected)
    this.stale = new Uint8Array(expected)
    if (names.length > 0) this.columns = names.map(() => new Float64Array(expected))
    if (sketches) this.sketch = []
  }

  /** About what they take, bytes. */
  get bytes(): number {
    const columns = 3 + (this.columns?.length ?? 0) + (this.sketch ? SKETCH_COLUMNS : 0)
    return EMPTY_BYTES + this.number.length * columns * Float64Array.BYTES_PER_ELEMENT
  }

  /** Says of which series the next rows are. */
  begin(series: Series, number: number): void {
    this.#of = number
    if (isEvent(series.kind)) this.#allPoints = false
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
    const at = this.length - 1
    for (let c = 0; c < this.#names.length; c++) this.columns![c][at] = windows[this.#names[c]][row]
    if (this.sketch) this.sketch[at] = windows.sketch[row]
    if (windows.firstMs[row] < timeMs) this.#allPoints = false
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
    if (!this.#allPoints) return
    this.columns = undefined
    this.sketch = undefined
  }

  /** The same rows, of series that have other numbers now. @param numbers the new one of each old one */
  renumber(numbers: Uint32Array): void {
    this.number = this.number.map((number) => numbers[number])
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
