import { IdTable } from '../../schemas/series/id-table.js'
import { LabelIndex } from '../../schemas/series/label-index.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import type { Series } from '../../schemas/series/series.js'
import type { TimeRange } from '../../schemas/time.js'
import { widened } from '../../schemas/widened.js'

/** Series that a query wants, by their numbers. */
export interface SeriesSelection {
  /** 1 for a wanted series; series that came later lie beyond its end. */
  wanted: Uint8Array
  count: number
  /** Metric numbers of the wanted series, ascending. */
  metrics: Uint32Array
}

/**
 * Series numbered 0, 1, 2 … in order of first sight, and so are their metrics. Knows roughly when each one had
 * windows: from its first to its last start.
 */
export class NumberedSeries {
  readonly #ids = new IdTable()
  readonly #index = new LabelIndex()
  readonly #series: Series[] = []
  readonly #metrics = new Map<string, number>()
  #metricOf = new Uint32Array(1024)
  #firstMs = new Float64Array(1024)
  #lastMs = new Float64Array(1024)

  get size(): number {
    return this.#series.length
  }

  /** The series of a number. */
  at(number: number): Series {
    return this.#series[number]
  }

  /** Number of the series, which is added if it is new. */
  add(series: Series): number {
    const number = this.#ids.add(series.idLow, series.idHigh)
    if (number < this.#series.length) return number
    if (number === this.#metricOf.length) this.#grow()
    let metric = this.#metrics.get(series.metric)
    if (metric === undefined) {
      metric = this.#metrics.size
      this.#metrics.set(series.metric, metric)
    }
    this.#series.push(series)
    this.#index.add(series)
    this.#metricOf[number] = metric
    this.#firstMs[number] = Number.POSITIVE_INFINITY
    this.#lastMs[number] = Number.NEGATIVE_INFINITY
    return number
  }

  /** Number of a series' metric. */
  metricOf(number: number): number {
    return this.#metricOf[number]
  }

  /** How many series these metrics have (numbers of metrics). */
  countOf(metrics: Uint32Array): number {
    const isCounted = new Uint8Array(this.#metrics.size)
    for (const metric of metrics) isCounted[metric] = 1
    let count = 0
    for (let number = 0; number < this.size; number++) count += isCounted[this.#metricOf[number]]
    return count
  }

  /** Notes that the series has a window that starts at `startMs`. */
  seen(number: number, startMs: number): void {
    if (startMs < this.#firstMs[number]) this.#firstMs[number] = startMs
    if (startMs > this.#lastMs[number]) this.#lastMs[number] = startMs
  }

  /** Start of the newest window of the series, ms. */
  lastMs(number: number): number {
    return this.#lastMs[number]
  }

  /** Starts of the first and the last window of every series, by number, ms. Copies. */
  spans(): { firstMs: Float64Array; lastMs: Float64Array } {
    return { firstMs: this.#firstMs.slice(0, this.size), lastMs: this.#lastMs.slice(0, this.size) }
  }

  /** Takes over what {@link spans} gave of the same series elsewhere. */
  setSpans(firstMs: Float64Array, lastMs: Float64Array): void {
    this.#firstMs.set(firstMs)
    this.#lastMs.set(lastMs)
  }

  /** The series that satisfy all matchers and may have windows in the range. @throws TM_QUERY_REGEX */
  within(matchers: readonly Matcher[], range: TimeRange): Series[] {
    return this.#index.select(matchers).filter((series) => {
      const number = this.#ids.find(series.idLow, series.idHigh)
      return this.#firstMs[number] < range.endMs && this.#lastMs[number] >= range.startMs
    })
  }

  /** The same for reading windows. @throws TM_QUERY_REGEX */
  select(matchers: readonly Matcher[], range: TimeRange): SeriesSelection {
    const wanted = new Uint8Array(this.size)
    const metrics = new Set<number>()
    const series = this.within(matchers, range)
    for (const { idLow, idHigh } of series) {
      const number = this.#ids.find(idLow, idHigh)
      wanted[number] = 1
      metrics.add(this.#metricOf[number])
    }
    return { wanted, count: series.length, metrics: Uint32Array.from(metrics).sort() }
  }

  #grow(): void {
    const capacity = this.#metricOf.length * 2
    this.#metricOf = widened(this.#metricOf, capacity)
    this.#firstMs = widened(this.#firstMs, capacity)
    this.#lastMs = widened(this.#lastMs, capacity)
  }
}
