import type { Series } from '../series/series.js'
import type { PackedSketches } from '../sketch/packed.js'
import { Sketch } from '../sketch/sketch.js'
import { widened } from '../widened.js'

/**
 * The number columns of a window. A window with no finite value has count 0, sum 0 and NaN as min and max.
 * - count: weight of its finite values; sum, min, max: of its finite values
 * - first, firstMs, last, lastMs: value and time of its first and last point, NaN and infinities included;
 *   `last` is NaN where `stale` says that the last point was a staleness marker
 * - increase: reset-aware growth inside the window (sample series; 0 for event series, whose growth is `sum`)
 */
export const WINDOW_COLUMNS = ['count', 'sum', 'min', 'max', 'first', 'firstMs', 'last', 'lastMs', 'increase'] as const
/** Flag of a window whose last point is a staleness marker. */
export const LAST_STALE = 1
/** Flag of a window whose first point is a staleness marker. */
export const FIRST_STALE = 2
/** Flag of a window in which some point is NaN, an infinity or a staleness marker. */
export const NON_FINITE = 4

/** Sketches that are kept to be filled again: a few kilobytes each. */
const MAX_SPARE = 1000

export type WindowColumn = (typeof WINDOW_COLUMNS)[number]

/**
 * Windows as columns: row i is the window of `series[i]` that is named by `start[i]` (ms, see `windowStart`). Grows as
 * rows are added.
 *
 * A window whose finite values are all equal (min = max) stores no sketch: the value and the count are its sketch.
 */
export class WindowColumns implements Record<WindowColumn, Float64Array> {
  /** Rows in use. */
  length = 0
  readonly series: Series[] = []
  start: Float64Array
  count: Float64Array
  sum: Float64Array
  /** What rounding took from `sum` (Neumaier); added to it by {@link settle}, then zero. Not stored. */
  sumError: Float64Array
  min: Float64Array
  max: Float64Array
  first: Float64Array
  firstMs: Float64Array
  last: Float64Array
  lastMs: Float64Array
  increase: Float64Array
  /** Flags: {@link LAST_STALE}, {@link FIRST_STALE}, {@link NON_FINITE}. */
  stale: Uint8Array
  readonly sketch: (Sketch | undefined)[] = []
  readonly #spare: Sketch[] = []

  constructor(capacity = 64) {
    this.start = new Float64Array(capacity)
    this.count = new Float64Array(capacity)
    this.sum = new Float64Array(capacity)
    this.sumError = new Float64Array(capacity)
    this.min = new Float64Array(capacity)
    this.max = new Float64Array(capacity)
    this.first = new Float64Array(capacity)
    this.firstMs = new Float64Array(capacity)
    this.last = new Float64Array(capacity)
    this.lastMs = new Float64Array(capacity)
    this.increase = new Float64Array(capacity)
    this.stale = new Uint8Array(capacity)
  }

  /** Adds an empty window and returns its row. */
  push(series: Series, startMs: number): number {
    if (this.length === this.start.length) this.#grow()
    const row = this.length++
    this.series[row] = series
    this.start[row] = startMs
    this.count[row] = 0
    this.sum[row] = 0
    this.sumError[row] = 0
    this.min[row] = Number.NaN
    this.max[row] = Number.NaN
    this.first[row] = Number.NaN
    this.firstMs[row] = Number.NaN
    this.last[row] = Number.NaN
    this.lastMs[row] = Number.NaN
    this.increase[row] = 0
    this.stale[row] = 0
    this.sketch[row] = undefined
    return row
  }

  /** Copies row `from` of `other` to the end and returns its new row. The sketch is shared, not copied: merge nothing into it. */
  pushRow(other: WindowColumns, from: number): number {
    const row = this.push(other.series[from], other.start[from])
    for (const column of WINDOW_COLUMNS) this[column][row] = other[column][from]
    this.sumError[row] = other.sumError[from]
    this.stale[row] = other.stale[from]
    this.sketch[row] = other.sketch[from]
    return row
  }

  /** New columns with the first `count` of these rows. Sketches are shared, not copied: merge nothing into them. */
  picked(rows: Uint32Array, count: number): WindowColumns {
    const picked = new WindowColumns(0)
    const pick = (column: Float64Array) => {
      const values = new Float64Array(count)
      for (let at = 0; at < count; at++) values[at] = column[rows[at]]
      return values
    }
    picked.length = count
    picked.start = pick(this.start)
    for (const column of WINDOW_COLUMNS) picked[column] = pick(this[column])
    picked.sumError = pick(this.sumError)
    picked.stale = new Uint8Array(count)
    for (let at = 0; at < count; at++) {
      const row = rows[at]
      picked.stale[at] = this.stale[row]
      picked.series.push(this.series[row])
      picked.sketch.push(this.sketch[row])
    }
    return picked
  }

  /** Removes every row. What they held is filled again, so nobody else may still hold one of their sketches. */
  clear(): void {
    for (let row = 0; row < this.length; row++) {
      const sketch = this.sketch[row]
      if (sketch && this.#spare.length < MAX_SPARE) this.#spare.push(sketch)
    }
    this.length = 0
  }

  /** An empty sketch for one of its rows. */
  newSketch(): Sketch {
    const spare = this.#spare.pop()
    spare?.clear()
    return spare ?? new Sketch()
  }

  /** Folds the rounding error of each sum into it: to be called once a row is complete. */
  settle(): void {
    for (let row = 0; row < this.length; row++) {
      this.sum[row] += this.sumError[row]
      this.sumError[row] = 0
    }
  }

  #grow(): void {
    const capacity = Math.max(64, this.start.length * 2)
    this.start = widened(this.start, capacity)
    for (const column of WINDOW_COLUMNS) this[column] = widened(this[column], capacity)
    this.sumError = widened(this.sumError, capacity)
    this.stale = widened(this.stale, capacity)
  }
}

/** The windows of one partition that start at the same time, as they are flushed. */
export interface WindowBatch {
  partition: number
  startMs: number
  /** False while points may still come: such a batch goes to the live view only. */
  closed: boolean
  windows: WindowColumns
  /** The sketches of its rows, where it goes into several stores; else each store packs them. */
  sketches?: PackedSketches
}
