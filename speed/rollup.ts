import { mergeAcross } from '../schemas/aggregates/index.js'
import type { Rollup } from '../schemas/config/schema.js'
import { derivedSeries } from '../schemas/series/rollup.js'
import type { Series } from '../schemas/series/series.js'
import { WindowColumns } from '../schemas/windows/columns.js'

/** Derived series kept in mind per rule; beyond that they are made anew. */
const MAX_REMEMBERED = 200_000

/**
 * Regional pre-aggregates: from the windows of a rule's metric, one derived window for each combination of the labels
 * in `by`. Derived series are event series: whatever host it came from, each reading is one observation.
 */
export class Rollups {
  readonly #byMetric = new Map<string, Rollup[]>()
  /** Per rule: the derived series by the id of its source, and each derived series once by its own id. */
  readonly #derived = new Map<Rollup, { bySource: Map<bigint, Series>; own: Map<bigint, Series> }>()

  constructor(rules: readonly Rollup[]) {
    for (const rule of rules) {
      this.#byMetric.set(rule.match, [...(this.#byMetric.get(rule.match) ?? []), rule])
      this.#derived.set(rule, { bySource: new Map(), own: new Map() })
    }
  }

  /** The windows with derived ones added, and without the sources of rules that do not keep them. */
  apply(windows: WindowColumns): WindowColumns {
    if (this.#byMetric.size === 0) return windows
    const result = new WindowColumns(windows.length)
    const rows = new Map<bigint, number>()
    for (let from = 0; from < windows.length; from++) {
      const source = windows.series[from]
      const rules = this.#byMetric.get(source.metric)
      if (!rules || rules.every((rule) => rule.keep_source)) result.pushRow(windows, from)
      for (const rule of rules ?? []) {
        const series = this.#derivedOf(rule, source)
        let row = rows.get(series.id)
        if (row === undefined) {
          row = result.push(series, windows.start[from])
          rows.set(series.id, row)
        }
        mergeAcross(result, row, windows, from)
      }
    }
    result.settle()
    return result
  }

  #derivedOf(rule: Rollup, source: Series): Series {
    const known = this.#derived.get(rule)!
    const found = known.bySource.get(source.id)
    if (found) return found
    if (known.bySource.size >= MAX_REMEMBERED) {
      known.bySource.clear()
      known.own.clear()
    }
    const made = derivedSeries(rule, source)
    // One object a derived series, however many sources it has.
    const series = known.own.get(made.id) ?? made
    known.own.set(series.id, series)
    known.bySource.set(source.id, series)
    return series
  }
}
