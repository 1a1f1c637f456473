import { isEvent, markStaleAt, wordsOf } from '../../schemas/points.js'
import { WINDOW_MS } from '../../schemas/time.js'
import { LAST_STALE, type WindowBatch, type WindowColumns } from '../../schemas/windows/columns.js'
import { partValue, partValues } from '../../schemas/windows/parts.js'
import { encodeLabels } from './label-bytes.js'
import { SeriesLabels } from './series-labels.js'
import type { WriteRequest } from './write-request.js'

/** A part that people are shown. */
export type ReadablePart = 'bare' | 'count' | 'sum' | 'min' | 'max' | 'p50' | 'p95' | 'p99'

/**
 * Writes windows as people look at them in vmui and Grafana: under the series' own names and labels, numbers rounded as
 * VictoriaMetrics rounds them. Nothing of Tidemark reads them.
 * - The bare name is what it means in Tidemark; of sample series the last value at its exact time, or a staleness marker.
 * - `name:count` and so on stand at the end of the window, where a sample series had several points, and always of event series.
 */
export class ReadableSeries {
  readonly #bare: boolean
  readonly #parts: readonly Exclude<ReadablePart, 'bare'>[]
  /** Names: the bare one, then those of the parts. */
  readonly #labels: SeriesLabels
  readonly #partValues: Float64Array
  readonly #value = new Float64Array(1)
  readonly #valueWords = wordsOf(this.#value)
  readonly #valueBytes = new Uint8Array(this.#value.buffer)

  /** @param tidemark label of every series; empty: none */
  constructor(parts: readonly ReadablePart[], tidemark: string) {
    this.#bare = parts.includes('bare')
    this.#parts = parts.filter((part) => part !== 'bare')
    this.#partValues = new Float64Array(this.#parts.length)
    const suffixes = ['', ...this.#parts.map((part) => `:${part}`)].map((suffix) => Buffer.from(suffix))
    this.#labels = new SeriesLabels(suffixes, encodeLabels(tidemark === '' ? [] : [['tidemark', tidemark]]))
  }

  /** False if no part is wanted. */
  get isWanted(): boolean {
    return this.#bare || this.#parts.length > 0
  }

  /** Adds the rows `from` to `to` of a batch. */
  write({ windows, startMs }: WindowBatch, from: number, to: number, request: WriteRequest): void {
    for (let row = from; row < to; row++) {
      const series = windows.series[row]
      const event = isEvent(series.kind)
      const several = (event || windows.firstMs[row] !== windows.lastMs[row]) && windows.count[row] > 0
      const parts = several ? this.#parts.length : 0
      if (!this.#bare && parts === 0) continue
      const { names, rest } = this.#labels.of(series)
      if (this.#bare && this.#setBare(windows, row, event)) {
        request.addSample(names[0], rest, event ? startMs + WINDOW_MS : windows.lastMs[row], this.#valueBytes)
      }
      if (parts > 0) partValues(this.#parts, windows, row, this.#partValues)
      for (let i = 0; i < parts; i++) {
        this.#value[0] = this.#partValues[i]
        request.addSample(names[i + 1], rest, startMs + WINDOW_MS, this.#valueBytes)
      }
    }
  }

  /** Sets the value of the bare name; false if there is none. */
  #setBare(windows: WindowColumns, row: number, event: boolean): boolean {
    if (event) {
      if (windows.count[row] === 0) return false
      this.#value[0] = partValue('bare', windows, row)
      return true
    }
    this.#value[0] = windows.last[row]
    if (windows.stale[row] & LAST_STALE) markStaleAt(this.#valueWords, 0)
    // VictoriaMetrics takes no other NaN.
    else if (Number.isNaN(windows.last[row])) return false
    return true
  }
}
