import type { Series } from '../../schemas/series/series.js'

/** Series that are kept: up to a kilobyte each, once their labels have been looked at. */
const KEPT_SERIES = 200_000

/** Pages of series that were read before, the least recently used going first. A page only ever grows. */
export class PageCache {
  readonly #pages = new Map<string, readonly Series[]>()
  #series = 0

  /** The page, if as many of its series are known. */
  get(key: string, series: number): readonly Series[] | undefined {
    const page = this.#pages.get(key)
    if (!page || page.length < series) return undefined
    this.#pages.delete(key)
    this.#pages.set(key, page)
    return page
  }

  set(key: string, page: readonly Series[]): void {
    this.#drop(key)
    this.#pages.set(key, page)
    this.#series += page.length
    for (const oldest of this.#pages.keys()) {
      if (this.#series <= KEPT_SERIES) break
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#series -= this.#pages.get(key)?.length ?? 0
    this.#pages.delete(key)
  }
}
