import type { SeriesSource, WindowedSeries } from '../../schemas/ports/series-source.js'
import type { Budget } from './budget.js'
import type { Selection } from './selection.js'

/** Reads selections of one query: the same one is read once. */
export class SelectorReader {
  readonly #read = new Map<string, Promise<readonly WindowedSeries[]>>()

  constructor(
    private readonly source: SeriesSource,
    private readonly budget: Budget,
  ) {}

  read(selection: Selection): Promise<readonly WindowedSeries[]> {
    const key = JSON.stringify(selection)
    let series = this.#read.get(key)
    if (!series) {
      series = this.#select(selection)
      this.#read.set(key, series)
    }
    return series
  }

  async #select({ matchers, range, hints }: Selection): Promise<readonly WindowedSeries[]> {
    await this.budget.pause()
    const found: WindowedSeries[] = []
    for await (const series of this.source.select(matchers, range, hints)) {
      await this.budget.read(series.timeMs.length)
      found.push(series)
    }
    return found
  }
}
