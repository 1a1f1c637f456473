import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import { IdTable } from '../../schemas/series/id-table.js'
import type { Series } from '../../schemas/series/series.js'
import { type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { identity, labelsOf } from '../merge.js'
import type { Reading } from '../reading.js'
import { gatherRows } from './gather-rows.js'
import { KeptRows } from './kept-rows.js'
import { gatherNewest } from './newest-rows.js'

/** A selection is made again within so long, or else its windows are needed no longer, ms of event time. */
const REMEMBERED_MS = 900_000
/** So few series are never looked through for some that are gone. */
const FEW_SERIES = 64

/** The rows of one window, and what the window was when they were read. */
interface KeptWindow {
  /** Undefined: it may be another one at any time. */
  version: string | undefined
  rows: KeptRows
}

/** A series of the metric, as answers name it. */
export interface NumberedSeries {
  series: Series
  labels: WindowedSeries['labels']
}

/** What one reading takes of the windows of one metric, for as long as it is selected again and again. */
export class KeptMetric {
  readonly #reading: Reading
  #ids = new IdTable(FEW_SERIES)
  #series: NumberedSeries[] = []
  #order: Uint32Array | undefined
  #hasClash = false
  /** Series from which on it is looked for some that are gone; undefined until all are known. */
  #renumberFrom: number | undefined
  #guess = 0
  readonly #windows = new Map<number, KeptWindow>()
  /** How far back was selected, ms, and up to when that was last so. */
  readonly #reaches = new Map<number, number>()
  #bytes = 0

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** About what it takes, bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether series of several kinds have the same labels: then it depends on all windows of a range which are seen. */
  get hasClash(): boolean {
    this.#inOrder()
    return this.#hasClash
  }

  /** Whether somebody selected it not long before. */
  isWantedAt(timeMs: number): boolean {
    return [...this.#reaches.values()].some((lastMs) => timeMs - lastMs <= REMEMBERED_MS)
  }

  /**
   * Notes what is selected, and drops the windows that nobody has selected lately.
   * @param newestMs up to when anything was selected, ms
   */
  note({ startMs }: TimeRange, newestMs: number): void {
    for (const [reachMs, lastMs] of this.#reaches) if (newestMs - lastMs > REMEMBERED_MS) this.#reaches.delete(reachMs)
    this.#reaches.set(newestMs - startMs, newestMs)
    const fromMs = newestMs - Math.max(...this.#reaches.keys())
    for (const start of this.#windows.keys()) if (start < fromMs) this.#drop(start)
    if (this.#renumberFrom === undefined || this.#windows.size === 0) this.#renumberFrom = renumberFrom(this.#series)
    else if (this.#series.length > this.#renumberFrom) this.#forgetSeries()
  }

  /** Stretches of the range whose windows are not kept as they are now. */
  lacking(range: TimeRange, versions: ReadonlyMap<number, string>): TimeRange[] {
    const stretches: TimeRange[] = []
    for (let startMs = range.startMs; startMs < range.endMs; startMs += WINDOW_MS) {
      const version = this.#windows.get(startMs)?.version
      if (version !== undefined && version === versions.get(startMs)) continue
      const last = stretches.at(-1)
      if (last?.endMs === startMs) last.endMs += WINDOW_MS
      else stretches.push({ startMs, endMs: startMs + WINDOW_MS })
    }
    return stretches
  }

  /** Rows that a window is read into, to be {@link put} then. */
  newRows(): KeptRows {
    const { columns, sketches } = this.#reading
    return new KeptRows(columns, sketches, this.#series.length)
  }

  /** The number of a series, which is added if it is new. */
  numberOf(series: Series): number {
    // From window to window they mostly come in the same order.
    const number = this.#ids.add(series.idLow, series.idHigh, this.#guess)
    this.#guess = number + 1
    if (number === this.#series.length) {
      this.#series.push({ series, labels: labelsOf(series) })
      this.#order = undefined
    }
    return number
  }

  /** Puts the rows of a window in the place of earlier ones. @param version undefined: they are not to be used again */
  put(startMs: number, version: string | undefined, rows: KeptRows): void {
    this.#drop(startMs)
    rows.settle()
    this.#windows.set(startMs, { version, rows })
    this.#bytes += rows.bytes
  }

  /** The rows in the range of each series that has some, in the order of their labels. */
  rows(range: TimeRange): WindowedSeries[] {
    return gatherRows(this.#within(range), this.#series, this.#inOrder(), this.#reading)
  }

  /** The same, of each series its newest row alone. */
  newest(range: TimeRange): WindowedSeries[] {
    return gatherNewest(this.#within(range), this.#series, this.#inOrder())
  }

  /** In order of time. */
  #within({ startMs, endMs }: TimeRange): KeptRows[] {
    const found: KeptRows[] = []
    for (let start = startMs; start < endMs; start += WINDOW_MS) {
      const window = this.#windows.get(start)
      if (window && window.rows.length > 0) found.push(window.rows)
    }
    return found
  }

  /** The numbers of the series in the order of their labels. */
  #inOrder(): Uint32Array {
    if (this.#order) return this.#order
    const keys = this.#series.map(({ series }) => identity(series))
    const numbers = keys.map((_, number) => number).sort((a, b) => (keys[a] < keys[b] ? -1 : 1))
    this.#hasClash = numbers.some((number, i) => i > 0 && keys[number] === keys[numbers[i - 1]])
    this.#order = Uint32Array.from(numbers)
    return this.#order
  }

  #drop(startMs: number): void {
    this.#bytes -= this.#windows.get(startMs)?.rows.bytes ?? 0
    this.#windows.delete(startMs)
  }

  /** Numbers the series anew that have a row left, so that short-lived ones do not pile up. */
  #forgetSeries(): void {
    const isThere = new Uint8Array(this.#series.length)
    for (const { rows } of this.#windows.values()) for (const number of rows.number) isThere[number] = 1
    const before = this.#series
    const numbers = new Uint32Array(before.length)
    this.#ids = new IdTable(FEW_SERIES)
    this.#series = []
    this.#order = undefined
    for (const [number, one] of before.entries()) {
      if (isThere[number] === 0) continue
      numbers[number] = this.#ids.add(one.series.idLow, one.series.idHigh)
      this.#series.push(one)
    }
    for (const { rows } of this.#windows.values()) rows.renumber(numbers)
    this.#renumberFrom = renumberFrom(this.#series)
  }
}

function renumberFrom({ length }: readonly NumberedSeries[]): number {
  return Math.max(FEW_SERIES, 2 * length)
}
