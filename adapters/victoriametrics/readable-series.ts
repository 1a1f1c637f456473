import { isEvent, markStaleAt, wordsOf } from '../../schemas/points.js'
import { WINDOW_MS } from '../../schemas/time.js'
import { LAST_STALE, type WindowBatch, type WindowColumns } from '../../schemas/windows/columns.js'
import { partValue } from '../../schemas/windows/parts.js'
import { encodeLabels, LabelBytes } from './label-bytes.js'
import { metricBytes } from './layout.js'
import type { WriteRequest } from './write-request.js'

/** A part that people are shown. */
export type ReadablePart = 'bare' | 'count' | 'sum' | 'min' | 'max' | 'p50' | 'p95' | 'p99'

const NO_SUFFIX = new Uint8Array(0)

/**
 * Writes windows as people look at them in vmui and Grafana: under the series' own names and labels, numbers rounded as
 * VictoriaMetrics rounds them. Nothing of Tidemark reads them.
 * - The bare name is what it means in Tidemark; of sample series the last value at its exact time, or a staleness marker.
 * - `name:count` and so on stand at the end of the window, where a sample series had several points, and always of event series.
 */
export class ReadableSeries {
  readonly #bare: boolean
  readonly #parts: readonly { part: Exclude<ReadablePart, 'bare'>; suffix: Uint8Array }[]
  readonly #common: Uint8Array
  readonly #name = new LabelBytes()
  readonly #labels = new LabelBytes()
  readonly #value = new Float64Array(1)
  readonly #valueWords = wordsOf(this.#value)
  readonly #valueBytes = new Uint8Array(this.#value.buffer)

  /** @param tidemark label of every series; empty: none */
  constructor(parts: readonly ReadablePart[], tidemark: string) {
    this.#bare = parts.includes('bare')
    this.#parts = parts.flatMap((part) => (part === 'bare' ? [] : [{ part, suffix: Buffer.from(`:${part}`) }]))
    this.#common = encodeLabels(tidemark === '' ? [] : [['tidemark', tidemark]])
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
      const parts = (event || windows.firstMs[row] !== windows.lastMs[row]) && windows.count[row] > 0 ? this.#parts : []
      if (!this.#bare && parts.length === 0) continue
      const metric = metricBytes(series)
      this.#labels.setLabelsOf(series)
      if (this.#bare) this.#writeBare(metric, windows, row, event, startMs, request)
      for (const { part, suffix } of parts) {
        this.#value[0] = partValue(part, windows, row)
        this.#add(metric, suffix, startMs + WINDOW_MS, request)
      }
    }
  }

  #writeBare(
    metric: Uint8Array,
    windows: WindowColumns,
    row: number,
    event: boolean,
    startMs: number,
    request: WriteRequest,
  ): void {
    if (event) {
      if (windows.count[row] === 0) return
      this.#value[0] = partValue('bare', windows, row)
      this.#add(metric, NO_SUFFIX, startMs + WINDOW_MS, request)
      return
    }
    this.#value[0] = windows.last[row]
    if (windows.stale[row] & LAST_STALE) markStaleAt(this.#valueWords, 0)
    // VictoriaMetrics takes no other NaN.
    else if (Number.isNaN(windows.last[row])) return
    this.#add(metric, NO_SUFFIX, windows.lastMs[row], request)
  }

  #add(metric: Uint8Array, suffix: Uint8Array, timeMs: number, request: WriteRequest): void {
    const name = this.#name.setName(metric, suffix).written()
    request.addSample([name, this.#labels.written(), this.#common], timeMs, this.#valueBytes)
  }
}
