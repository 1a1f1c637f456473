import type { DuckDBConnection } from '@duckdb/node-api'
import { mergeAcross } from '../../schemas/aggregates/index.js'
import type { Rollup } from '../../schemas/config/schema.js'
import { derivedSeries } from '../../schemas/series/rollup.js'
import { joinId, type Series } from '../../schemas/series/series.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { type SeriesWindows, windowsBySeries } from './series-windows.js'
import type { WindowTable } from './window-table.js'

/** The table in which the sources' windows wait, each under the id of the series that is derived from it. */
export const ROLLUP_SOURCES = 'rollup_sources'

/** Rollups of a block's 10 s windows. The sources wait in a table, so that memory does not grow with their number. */
export class BlockRollups {
  readonly #rules: readonly Rollup[]
  readonly #findSeries: (idLow: number, idHigh: number) => Series | undefined
  readonly #sources: WindowTable
  readonly #derived = new Map<bigint, Series>()

  /** @param sources an empty table */
  constructor(
    rules: readonly Rollup[],
    findSeries: (idLow: number, idHigh: number) => Series | undefined,
    sources: WindowTable,
  ) {
    this.#rules = rules
    this.#findSeries = findSeries
    this.#sources = sources
  }

  /** The series that were derived. */
  get derived(): Series[] {
    return [...this.#derived.values()]
  }

  /** Takes the 10 s windows of a series. @returns false if a rule does not keep the series itself */
  take(idLow: number, idHigh: number, windows: WindowColumns): boolean {
    const source = this.#rules.length > 0 ? this.#findSeries(idLow, idHigh) : undefined
    const rules = this.#rules.filter(({ match }) => match === source?.metric)
    for (const rule of rules) {
      const series = derivedSeries(rule, source!)
      this.#derived.set(series.id, series)
      this.#sources.append(series.idLow, series.idHigh, windows)
    }
    return rules.every(({ keep_source }) => keep_source)
  }

  /** The derived series' 10 s windows, series after series. */
  async *windows(reader: DuckDBConnection): AsyncIterable<SeriesWindows> {
    if (this.#derived.size === 0) return
    const seriesOf = (low: number, high: number) => this.#derived.get(joinId(low, high))!
    const merged = new WindowColumns()
    for await (const { idLow, idHigh, windows } of windowsBySeries(reader, await this.#sources.spill(), seriesOf)) {
      merged.clear()
      for (let from = 0; from < windows.length; from++) {
        const last = merged.length - 1
        const isSame = last >= 0 && merged.start[last] === windows.start[from]
        mergeAcross(merged, isSame ? last : merged.push(windows.series[from], windows.start[from]), windows, from)
      }
      merged.settle()
      yield { idLow, idHigh, windows: merged }
    }
  }
}
