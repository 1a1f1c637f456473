import { IdTable } from '../../schemas/series/id-table.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import type { Series } from '../../schemas/series/series.js'
import { widened } from '../../schemas/widened.js'
import { encodeChunk } from '../../schemas/windows/chunk.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import { encodeMetric, encodePage, type MetricPages, PAGE_SERIES } from './series-page.js'

/** Fewer series than this are never too many. */
const SPARE_SERIES = 10_000

/** Windows of one start that share a page. */
export interface PageChunk {
  page: number
  chunk: Uint8Array
  /** Of the page's metric. */
  metricHash: number
}

interface Metric extends MetricPages {
  name: string
  hash: number
}

interface Page {
  number: number
  metric: Metric
  series: Series[]
}

/**
 * The series of one feed. Each has a place on a page of its metric for as long as the feed lasts, and the chunk of a page
 * names its windows' series by their places.
 */
export class FeedSeries {
  readonly #ids = new IdTable()
  /** By index of the series: number of its page times {@link PAGE_SERIES}, plus its place there. */
  #slot = new Uint32Array(1024)
  /** By index of the series: start of its newest window, ms. */
  #lastMs = new Float64Array(1024)
  readonly #metrics = new Map<string, Metric>()
  readonly #pages: Page[] = []
  readonly #changed = new Set<Page>()

  /** How many there are. */
  get size(): number {
    return this.#ids.size
  }

  /** Lays out a batch page by page. Series that are new get a place. */
  *layOut(batch: WindowBatch): Generator<PageChunk> {
    const { windows } = batch
    const slots = new Uint32Array(windows.length)
    let index = -1
    for (let row = 0; row < windows.length; row++) {
      index = this.#place(windows.series[row], index + 1)
      this.#lastMs[index] = Math.max(this.#lastMs[index], batch.startMs)
      slots[row] = this.#slot[index]
    }
    const rowOf = new Uint32Array(this.#pages.length * PAGE_SERIES)
    for (let row = 0; row < slots.length; row++) rowOf[slots[row]] = row
    slots.sort()
    for (let from = 0; from < slots.length; ) {
      const page = Math.floor(slots[from] / PAGE_SERIES)
      let to = from + 1
      while (to < slots.length && slots[to] < (page + 1) * PAGE_SERIES) to++
      const own = slots.subarray(from, to)
      const rows = own.map((slot) => rowOf[slot])
      const places = own.map((slot) => slot % PAGE_SERIES)
      yield { page, chunk: encodeChunk(batch, rows, places), metricHash: this.#pages[page].metric.hash }
      from = to
    }
  }

  /** The pages and metrics that have changed since this was last asked, each under its key in Redis. */
  takeChanged(): { metrics: [name: string, value: Buffer][]; pages: [page: number, value: Buffer][] } {
    const changed = [...this.#changed]
    this.#changed.clear()
    const metrics = [...new Set(changed.map(({ metric }) => metric))]
    return {
      metrics: metrics.map((metric) => [metric.name, encodeMetric(metric)]),
      pages: changed.map(({ number, series }) => [number, encodePage(series)]),
    }
  }

  /** True if more than half of them, and many, had no window at or after this time: it pays to begin anew. */
  isMostlyGone(sinceMs: number): boolean {
    if (this.size < SPARE_SERIES) return false
    let gone = 0
    for (let index = 0; index < this.size; index++) if (this.#lastMs[index] < sinceMs) gone++
    return gone * 2 > this.size
  }

  #place(series: Series, guess: number): number {
    const known = this.#ids.size
    const index = this.#ids.add(series.idLow, series.idHigh, guess)
    if (index < known) return index
    if (index === this.#slot.length) {
      this.#slot = widened(this.#slot, index * 2)
      this.#lastMs = widened(this.#lastMs, index * 2)
    }
    const page = this.#pageFor(series.metric)
    this.#slot[index] = page * PAGE_SERIES + this.#pages[page].series.length
    this.#pages[page].series.push(series)
    this.#pages[page].metric.series++
    this.#changed.add(this.#pages[page])
    return index
  }

  /** The last page of the metric, or a new one if that is full. */
  #pageFor(name: string): number {
    let metric = this.#metrics.get(name)
    if (!metric) {
      metric = { name, hash: metricHash(name), series: 0, pages: [] }
      this.#metrics.set(name, metric)
    }
    if (metric.series === metric.pages.length * PAGE_SERIES) {
      metric.pages.push(this.#pages.length)
      this.#pages.push({ number: this.#pages.length, metric, series: [] })
    }
    return metric.pages[metric.pages.length - 1]
  }
}
