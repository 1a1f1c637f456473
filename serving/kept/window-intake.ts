import type { TimeRange } from '../../schemas/time.js'
import { WINDOW_MS } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { ReadBudget } from '../collector.js'
import type { WindowGatherer } from '../read.js'
import type { Reading } from '../reading.js'
import { takeRows } from '../take-rows.js'
import type { KeptMetric } from './kept-metric.js'
import type { KeptRows } from './kept-rows.js'

/** Windows of some metrics on their way from the views to where they are kept: all of a reading, or none. */
export class WindowIntake {
  readonly #reading: Reading
  readonly #metrics: ReadonlyMap<string, KeptMetric>
  readonly #rows = new Map<KeptMetric, Map<number, KeptRows>>()

  /** @param metrics by their names */
  constructor(reading: Reading, metrics: ReadonlyMap<string, KeptMetric>) {
    this.#reading = reading
    this.#metrics = metrics
  }

  /** What takes the windows that start in a range. @param budget of what is read now */
  gatherer({ startMs, endMs }: TimeRange, budget: ReadBudget): WindowGatherer {
    return {
      add: (windows) => {
        budget.takeSamples(windows.length)
        for (let row = 0; row < windows.length; row++)
          if (windows.start[row] >= startMs && windows.start[row] < endMs) this.#take(windows, row)
      },
      finish: () => [],
    }
  }

  /** Puts what was read of a range; windows that nothing was read of are empty. @param versionOf names a window */
  putInto(range: TimeRange, versionOf: (startMs: number) => string | undefined): void {
    for (const metric of this.#metrics.values()) {
      const ofMetric = this.#rows.get(metric)
      for (let startMs = range.startMs; startMs < range.endMs; startMs += WINDOW_MS)
        metric.put(startMs, versionOf(startMs), ofMetric?.get(startMs) ?? metric.newRows())
    }
  }

  #take(windows: WindowColumns, row: number): void {
    const series = windows.series[row]
    const metric = this.#metrics.get(series.metric)
    if (!metric) return
    const rows = this.#rowsOf(metric, windows.start[row])
    rows.begin(series, metric.numberOf(series))
    takeRows(rows, this.#reading, windows, row, row + 1, WINDOW_MS)
  }

  #rowsOf(metric: KeptMetric, startMs: number): KeptRows {
    let ofMetric = this.#rows.get(metric)
    if (!ofMetric) {
      ofMetric = new Map()
      this.#rows.set(metric, ofMetric)
    }
    let rows = ofMetric.get(startMs)
    if (!rows) {
      rows = metric.newRows()
      ofMetric.set(startMs, rows)
    }
    return rows
  }
}
