import { TidemarkError } from '../schemas/errors.js'
import type { Limits } from '../schemas/limits.js'
import { Kind } from '../schemas/points.js'
import { IdTable } from '../schemas/series/id-table.js'
import type { Series } from '../schemas/series/series.js'
import { alignDown, type TimeRange, WINDOW_MS } from '../schemas/time.js'
import { FIRST_STALE, LAST_STALE, WindowColumns } from '../schemas/windows/columns.js'
import { partValue } from '../schemas/windows/parts.js'
import type { Reading } from './reading.js'
import { GrowingRows, type SeriesRows, type WindowForm } from './rows.js'

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

  /** Takes the rows from..to, windows of one series. @returns how many rows of an answer they made */
  #take(windows: WindowColumns, from: number, to: number, tierMs = this.#gathering.tierMs): number {
    const series = windows.series[from]
    const rows = this.#rowsOf(series)
    const { part, form } = this.#gathering.reading
    if (part !== 'bare' || series.kind !== Kind.Sample)
      return takeValues(rows, this.#gathering, windows, from, to, tierMs)
    if (form === 'edges') return takeEdges(rows, windows, from, to)
    rows.pushRun(windows, from, to, LAST_STALE)
    return to - from
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

/** What is kept of a row's aggregates; undefined where a row is one value. */
function windowForm({ part, form, columns, sketches }: Reading, { kind }: Series): WindowForm | undefined {
  if (part === 'histogram') return { kind: 'event', columns, sketches }
  if (part !== 'bare' || form !== 'windows') return undefined
  return { kind: kind === Kind.Sample ? 'sample' : 'event', columns, sketches }
}

/** First and last point of each window at their own times. */
function takeEdges(rows: GrowingRows, windows: WindowColumns, from: number, to: number): number {
  let taken = 0
  for (let row = from; row < to; row++) {
    const firstMs = windows.firstMs[row]
    const lastMs = windows.lastMs[row]
    if (firstMs < lastMs) {
      rows.push(firstMs, windows.first[row], (windows.stale[row] & FIRST_STALE) !== 0)
      taken++
    }
    rows.push(lastMs, windows.last[row], (windows.stale[row] & LAST_STALE) !== 0)
    taken++
  }
  return taken
}

/** One value of each window at its end, or none where the window holds no finite value. */
function takeValues(
  rows: GrowingRows,
  { reading: { part, form } }: Gathering,
  windows: WindowColumns,
  from: number,
  to: number,
  tierMs: number,
): number {
  const isWindow = part === 'histogram' || (part === 'bare' && form === 'windows')
  let taken = 0
  for (let row = from; row < to; row++) {
    const endMs = windows.start[row] + tierMs
    const flags = windows.stale[row]
    const isEdge = part === 'first' || part === 'last'
    const isEmpty = !isEdge && !(windows.count[row] > 0)
    // A window with nothing but a staleness marker ends the series, and with it each of its parts.
    if (isEmpty && (flags & LAST_STALE) === 0) continue
    const stale = isEdge ? (flags & (part === 'first' ? FIRST_STALE : LAST_STALE)) !== 0 : isEmpty
    const value =
      stale || part === 'histogram' ? Number.NaN : isEdge ? windows[part][row] : partValue(part, windows, row)
    if (isWindow) rows.pushWindow(endMs, value, stale, windows, row)
    else rows.push(endMs, value, stale)
    taken++
  }
  return taken
}
