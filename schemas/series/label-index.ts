import { IdTable } from './id-table.js'
import { type Matcher, seriesPredicate } from './matcher.js'
import type { Series } from './series.js'

/**
 * An in-memory index of series: finds those that satisfy matchers without looking at every one.
 * The metric name narrows first, then the other matchers filter.
 */
export class LabelIndex {
  readonly #ids = new IdTable()
  readonly #series: Series[] = []
  readonly #byMetric = new Map<string, Series[]>()

  /** How many series are known. */
  get size(): number {
    return this.#series.length
  }

  /** Adds a series; @returns true if it was new. */
  add(series: Series): boolean {
    const before = this.#ids.size
    this.#ids.add(series.idLow, series.idHigh)
    if (this.#ids.size === before) return false
    this.#series.push(series)
    const ofMetric = this.#byMetric.get(series.metric)
    if (ofMetric) ofMetric.push(series)
    else this.#byMetric.set(series.metric, [series])
    return true
  }

  /** The series of an id given as halves, if it is known. */
  find(idLow: number, idHigh: number): Series | undefined {
    return this.#series[this.#ids.find(idLow, idHigh)]
  }

  /** Every metric name, in order of first sight. */
  metrics(): Iterable<string> {
    return this.#byMetric.keys()
  }

  /** The series that satisfy all matchers, in order of first sight. @throws TM_QUERY_REGEX */
  select(matchers: readonly Matcher[]): Series[] {
    const exact = matchers.find((matcher) => matcher.name === '__name__' && matcher.op === '=')
    const rest = matchers.filter((matcher) => matcher !== exact)
    const candidates = exact ? (this.#byMetric.get(exact.value) ?? []) : this.#series
    if (rest.length === 0) return candidates.slice()
    return candidates.filter(seriesPredicate(rest))
  }
}
