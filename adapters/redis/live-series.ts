import { type Matcher, type SeriesPredicate, seriesPredicate, valuePredicate } from '../../schemas/series/matcher.js'
import type { Series } from '../../schemas/series/series.js'
import type { RedisConnection } from './connection.js'
import type { RedisKeys } from './keys.js'
import { PageCache } from './page-cache.js'
import { decodeMetric, decodePage, type MetricPages, PAGE_SERIES } from './series-page.js'
import { Turns } from './turns.js'

/** Pages fetched at a time. */
const PAGES_AT_ONCE = 64

/** By number of the page: what is wanted of the series at each place. Pages without any are left out. */
export type WantedPages = ReadonlyMap<number, readonly (Series | undefined)[]>

/** What a query selects. */
export interface SeriesSelector {
  /** The one metric that can satisfy the matchers, if there is but one. */
  metric?: string
  isNamed: (metric: string) => boolean
  /** Undefined if the name decides alone. */
  matches?: SeriesPredicate
}

/** @throws TM_QUERY_REGEX */
export function seriesSelector(matchers: readonly Matcher[]): SeriesSelector {
  const ofName = matchers.filter(({ name }) => name === '__name__')
  const tests = ofName.map(valuePredicate)
  return {
    metric: ofName.find(({ op }) => op === '=')?.value,
    isNamed: (metric) => tests.every((test) => test(metric)),
    matches: ofName.length < matchers.length ? seriesPredicate(matchers) : undefined,
  }
}

/** A page and the series that it is known to hold, at least. */
interface PlacedPage {
  page: number
  series: number
}

/** The series of feeds, read metric by metric and kept for the next query. */
export class LiveSeries {
  readonly #connection: RedisConnection
  readonly #keys: RedisKeys
  readonly #cache = new PageCache()

  constructor(connection: RedisConnection, keys: RedisKeys) {
    this.#connection = connection
    this.#keys = keys
  }

  /**
   * The wanted series of a feed: all that windows put so far may name.
   * @returns undefined if Redis has lost them
   * @throws ioredis' errors
   */
  async wanted(partition: number, feed: string, selector: SeriesSelector): Promise<WantedPages | undefined> {
    const metrics = await this.#metrics(partition, feed, selector)
    if (!metrics) return undefined
    const wanted = new Map<number, readonly (Series | undefined)[]>()
    const turns = new Turns()
    const { matches } = selector
    for (let from = 0, placed = metrics.flatMap(pagesOf); from < placed.length; from += PAGES_AT_ONCE) {
      const some = placed.slice(from, from + PAGES_AT_ONCE)
      const pages = await this.#pages(partition, feed, some)
      if (!pages) return undefined
      for (const [i, series] of pages.entries()) {
        const chosen = matches ? series.map((one) => (matches(one) ? one : undefined)) : series
        if (chosen.some((one) => one !== undefined)) wanted.set(some[i].page, chosen)
        if (turns.isOver()) await turns.next()
      }
    }
    return wanted
  }

  async #metrics(partition: number, feed: string, selector: SeriesSelector): Promise<MetricPages[] | undefined> {
    const [key] = this.#keys.series(partition, feed)
    const { metric, isNamed } = selector
    if (metric !== undefined) {
      if (!isNamed(metric)) return []
      const [total, pages] = await this.#connection.ask((redis) => redis.hmgetBuffer(key, '', metric))
      return total === null ? undefined : pages === null ? [] : [decodeMetric(pages)]
    }
    const { '': total, ...all } = await this.#connection.ask((redis) => redis.hgetallBuffer(key))
    if (total === undefined) return undefined
    return Object.entries(all).flatMap(([name, pages]) => (isNamed(name) ? decodeMetric(pages) : []))
  }

  /** Pages, those that are not kept or have grown fetched together. */
  async #pages(partition: number, feed: string, placed: PlacedPage[]): Promise<(readonly Series[])[] | undefined> {
    const [, key] = this.#keys.series(partition, feed)
    const pages = placed.map(({ page, series }) => this.#cache.get(`${feed}/${page}`, series))
    const missing = placed.filter((_, i) => pages[i] === undefined)
    if (missing.length === 0) return pages as Series[][]
    const fetched = await this.#connection.ask((redis) =>
      redis.hmgetBuffer(key, ...missing.map(({ page }) => String(page))),
    )
    const byPage = new Map<number, readonly Series[]>()
    for (const [i, bytes] of fetched.entries()) {
      if (bytes === null) return undefined
      const series = decodePage(bytes)
      byPage.set(missing[i].page, series)
      this.#cache.set(`${feed}/${missing[i].page}`, series)
    }
    return placed.map(({ page }, i) => pages[i] ?? byPage.get(page) ?? [])
  }
}

function pagesOf({ pages, series }: MetricPages): PlacedPage[] {
  return pages.map((page, i) => ({ page, series: Math.min(PAGE_SERIES, series - i * PAGE_SERIES) }))
}
