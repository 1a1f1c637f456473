import type { LatePoints } from '../schemas/ports/late-ledger.js'
import type { Series } from '../schemas/series/series.js'

/** Gathers the late points of one log entry: one count for each series and window. */
export class LateCounter {
  total = 0
  readonly #counts = new Map<Series, Map<number, number>>()

  add(series: Series, windowStart: number): void {
    this.total++
    const windows = this.#counts.get(series) ?? new Map<number, number>()
    this.#counts.set(series, windows)
    windows.set(windowStart, (windows.get(windowStart) ?? 0) + 1)
  }

  /** As columns for the ledger. */
  toColumns(partition: number, offset: number): LatePoints {
    const entries = [...this.#counts].flatMap(([series, windows]) =>
      [...windows].map(([start, points]) => ({ series, start, points })),
    )
    const seriesIds = new Uint32Array(entries.length * 2)
    entries.forEach(({ series }, i) => {
      seriesIds[2 * i] = series.idLow
      seriesIds[2 * i + 1] = series.idHigh
    })
    return {
      partition,
      offset,
      seriesIds,
      windowStart: Float64Array.from(entries, (entry) => entry.start),
      points: Uint32Array.from(entries, (entry) => entry.points),
    }
  }
}
