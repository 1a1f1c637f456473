import { TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import { IdTable } from '../schemas/series/id-table.js'
import type { Series } from '../schemas/series/series.js'
import { alignDown, type TimeRange, WINDOW_MS } from '../schemas/time.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import type { Reading } from './reading.js'
import { GrowingRows, type SeriesRows } from './rows.js'
import { takeRows, windowForm } from './take-rows.js'

/** Counts what one query reads, over all of its parts. */
export class ReadBudget {
  #samples = 0
  readonly #limits: Pick<Limits, 'querySamples' | 'querySeries'>

  constructor(limits: Pick<Limits, 'querySamples' | 'querySeries'>) {
    this.#limits = limits
  }

  /** @throws TM_QUERY_SAMPLES */
  takeSamples(samples: number): void {
    this.#samples += samples
    const limit = this.#limits.querySamples
    if (this.#samples > limit) throw new TidemarkError('TM_QUERY_SAMPLES', { limit })
  }

  /** @throws TM_QUERY_SERIES if so many series are over the limit */
  checkSeries(series: number): void {
    const limit = this.#limits.querySeries
    if (series > limit) throw new TidemarkError('TM_QUERY_SERIES', { series, limit })
  }
}

/** What is gathered of the windows of one part of a plan. */
export interface Gathering {
  reading: Reading
  /** Windows that start outside of it are ignored: they belong to another part. */
  range: TimeRange
  /** Length of the windows, ms. */
  tierMs: number
  /** Windows with one of these flags that start at or after `fromMs` are set aside, to be read at a finer tier. */
  unfit?: { flags: number; fromMs: number }
}

/** Gathers rows series by series, from windows in any order. */
export class RowCollector {
  /** Windows set aside: their starts, by series. */
  readonly unfit = new Map<Series, Set<number>>()
  /** True if a window with such a flag was taken nevertheless: nothing finer is held there. */
  keptUnfit = false
  readonly #gathering: Gathering
  readonly #budget: ReadBudget
  readonly #ids = new IdTable(64)
  readonly #rows: GrowingRows[] = []
  #last: GrowingRows | undefined

  constructor(gathering: Gathering, budget: ReadBudget) {
    this.#gathering = gathering
    this.#budget = budget
  }

  /** @throws TM_QUERY_SAMPLES, TM_QUERY_SERIES */
  add(windows: WindowColumns): void {
    const { series, start, length } = windows
    const { startMs, endMs } = this.#gathering.range
    const isInside = (row: number) => start[row] >= startMs && start[row] < endMs && !this.#setAside(windows, row)
    let taken = 0
    for (let from = 0; from < length; ) {
      const one = series[from]
      let to = from
      while (to < length && series[to] === one && isInside(to)) to++
      if (to > from) taken += this.#take(windows, from, to)
      from = Math.max(to, from + 1)
    }
    this.#budget.takeSamples(taken)
  }

  /** Adds, of the 10 s windows read instead of those set aside, the ones that lie in these. */
  addFiner(windows: WindowColumns): void {
    const { tierMs } = this.#gathering
    const byId = new Map([...this.unfit].map(([series, starts]) => [series.id, starts]))
    const finer = new WindowColumns(windows.length)
    for (let row = 0; row < windows.length; row++) {
      if (byId.get(windows.series[row].id)?.has(alignDown(windows.start[row], tierMs))) finer.pushRow(windows, row)
    }
    let taken = 0
    for (let row = 0; row < finer.length; row++) taken += this.#take(finer, row, row + 1, WINDOW_MS)
    this.#budget.takeSamples(taken)
  }

  /** Everything gathered, each series in order of time. */
  finish(): SeriesRows[] {
    return this.#rows.map((rows) => rows.finish()).filter(({ timeMs }) => timeMs.length > 0)
  }

  #setAside(windows: WindowColumns, row: number): boolean {
    const { unfit } = this.#gathering
    if (!unfit || (windows.stale[row] & unfit.flags) === 0) return false
    if (windows.start[row] < unfit.fromMs) {
      this.keptUnfit = true
      return false
    }
    const series = windows.series[row]
    const starts = this.unfit.get(series) ?? new Set()
    this.unfit.set(series, starts.add(windows.start[row]))
    return true
  }

  #take(windows: WindowColumns, from: number, to: number, tierMs = this.#gathering.tierMs): number {
    return takeRows(this.#rowsOf(windows.series[from]), this.#gathering.reading, windows, from, to, tierMs)
  }

  #rowsOf(series: Series): GrowingRows {
    if (this.#last?.series === series) return this.#last
    const index = this.#ids.add(series.idLow, series.idHigh)
    if (index === this.#rows.length) {
      this.#budget.checkSeries(index + 1)
      const { reading, range, tierMs } = this.#gathering
      const mostRows = ((range.endMs - range.startMs) / tierMs) * (reading.form === 'edges' ? 2 : 1)
      this.#rows.push(new GrowingRows(series, windowForm(reading, series), mostRows))
    }
    this.#last = this.#rows[index]
    return this.#last
  }
}
