import { encodeChunk } from '../../schemas/windows/chunk.js'
import { CHUNK_ROWS } from '../../schemas/windows/chunk-columns.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import type { NumberedSeries } from './numbered-series.js'

const NO_ROWS = new Uint32Array(0)

/** A batch as bytes, metric by metric: a whole metric is packed when it is first asked for, and kept. */
export class PackedBatch {
  readonly #batch: WindowBatch
  readonly #numbers: Uint32Array
  /** Rows of each metric, by the metric's number. */
  readonly #rows: ReadonlyMap<number, Uint32Array>
  readonly #chunks = new Map<number, Uint8Array[]>()

  /** @param numbers of the rows' series */
  constructor(batch: WindowBatch, numbers: Uint32Array, series: NumberedSeries) {
    this.#batch = batch
    this.#numbers = numbers
    const byMetric = new Map<number, number[]>()
    for (let row = 0; row < numbers.length; row++) {
      const metric = series.metricOf(numbers[row])
      const rows = byMetric.get(metric)
      if (rows) rows.push(row)
      else byMetric.set(metric, [row])
    }
    this.#rows = new Map([...byMetric].map(([metric, rows]) => [metric, Uint32Array.from(rows)]))
  }

  /** The metric's windows, at most {@link CHUNK_ROWS} at a time. */
  *whole(metric: number): Generator<Uint8Array> {
    const rows = this.#rows.get(metric) ?? NO_ROWS
    const chunks = this.#chunks.get(metric) ?? []
    this.#chunks.set(metric, chunks)
    for (let i = 0; i * CHUNK_ROWS < rows.length; i++) {
      chunks[i] ??= this.#pack(rows.subarray(i * CHUNK_ROWS, (i + 1) * CHUNK_ROWS))
      yield chunks[i]
    }
  }

  /** Only the windows of these series of the metric. Nothing of it is kept. @param wanted 1 for a wanted series, by number */
  *picked(metric: number, wanted: Uint8Array): Generator<Uint8Array> {
    const picked: number[] = []
    for (const row of this.#rows.get(metric) ?? NO_ROWS) if (wanted[this.#numbers[row]] === 1) picked.push(row)
    const rows = Uint32Array.from(picked)
    for (let from = 0; from < rows.length; from += CHUNK_ROWS) yield this.#pack(rows.subarray(from, from + CHUNK_ROWS))
  }

  #pack(rows: Uint32Array): Uint8Array {
    return encodeChunk(
      this.#batch,
      rows,
      rows.map((row) => this.#numbers[row]),
    )
  }
}
