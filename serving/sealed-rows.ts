import type { SeriesRows } from './rows.js'
import { rowBytes } from './rows-codec.js'

/** Bytes that the answers kept in this process may take, and one of them. */
const KEPT_BYTES = 128 << 20
const ONE_BYTES = 48 << 20
/** About what a series and a sketch take beside their columns, bytes. */
const SERIES_BYTES = 600
const SKETCH_BYTES = 400

/**
 * Rows of sealed parts that this process has read, the least recently used going first. They are kept under the files
 * that they were read from, so they are never stale.
 */
export class SealedRows {
  readonly #entries = new Map<string, { rows: readonly SeriesRows[]; bytes: number }>()
  #bytes = 0

  get(key: string): readonly SeriesRows[] | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.rows
  }

  set(key: string, rows: readonly SeriesRows[]): void {
    const bytes = rows.reduce((total, one) => total + bytesOf(one), 0)
    if (bytes > ONE_BYTES || this.#entries.has(key)) return
    this.#entries.set(key, { rows, bytes })
    this.#bytes += bytes
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= KEPT_BYTES) break
      this.#entries.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }
}

/** The columns' buffers may be wider than what is in use, but less than twice as wide. */
function bytesOf(rows: SeriesRows): number {
  const { series, timeMs, windows } = rows
  const sketches = windows?.sketch?.reduce((total, sketch) => total + (sketch ? SKETCH_BYTES : 0), 0) ?? 0
  return SERIES_BYTES + series.canonical.length + 2 * rowBytes(rows) * timeMs.length + sketches
}
