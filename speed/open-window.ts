import { addEvent } from '../schemas/aggregates/index.js'
import type { Series } from '../schemas/series/series.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import { SamplePoints } from './sample-points.js'

/** One window of one partition while points may still come. */
export class OpenWindow {
  readonly startMs: number
  /** Offset of the first log entry that fed it: replay after a restart must begin no later. */
  readonly firstOffset: number
  /** True if points came since the last provisional flush. */
  isChanged = true
  readonly samples: SamplePoints
  readonly #events = new WindowColumns(0)
  #eventRow = new Int32Array(0)

  /** @param samples without points: what another window had */
  constructor(startMs: number, firstOffset: number, samples = new SamplePoints()) {
    this.startMs = startMs
    this.firstOffset = firstOffset
    this.samples = samples
  }

  /** Folds one occurrence at once: its aggregates do not depend on the order. @param index of the series in its partition */
  addEvent(index: number, series: Series, timeMs: number, value: number, weight: number): void {
    if (index >= this.#eventRow.length) this.#reach(index)
    let row = this.#eventRow[index]
    if (row === -1) {
      row = this.#events.push(series, this.startMs)
      this.#eventRow[index] = row
    }
    addEvent(this.#events, row, timeMs, value, weight)
  }

  /** The window's rows as they are now; the state stays as it is. @param series of the partition by index */
  fold(series: readonly Series[]): WindowColumns {
    const windows = new WindowColumns(Math.min(this.samples.length, series.length) + this.#events.length)
    this.samples.fold(series, this.startMs, windows)
    for (let from = 0; from < this.#events.length; from++) {
      const row = windows.pushRow(this.#events, from)
      // What was handed out must not change under its reader while this window goes on.
      windows.sketch[row] = this.#events.sketch[from]?.copy()
    }
    windows.settle()
    return windows
  }

  /** Marks in `used` each series that has a point here. */
  markSeries(used: Uint8Array): void {
    this.samples.markSeries(used)
    for (let index = 0; index < this.#eventRow.length; index++) if (this.#eventRow[index] !== -1) used[index] = 1
  }

  /** Gives the series new indexes; -1 for those that are gone (none of which has a point here). */
  renumber(newIndex: Int32Array, size: number): void {
    this.samples.renumber(newIndex)
    const rows = new Int32Array(size).fill(-1)
    for (let index = 0; index < this.#eventRow.length; index++) {
      if (this.#eventRow[index] !== -1) rows[newIndex[index]] = this.#eventRow[index]
    }
    this.#eventRow = rows
  }

  #reach(index: number): void {
    const rows = new Int32Array(Math.max(64, index + 1, this.#eventRow.length * 2)).fill(-1)
    rows.set(this.#eventRow)
    this.#eventRow = rows
  }
}
