import type { SeriesSource, WindowedSeries } from '../../schemas/ports/series-source.js'
import type { Budget } from './budget.js'
import { withObservedResets } from './observed-resets.js'
import type { Selection } from './selection.js'

/** Reads selections of one query: the same one is read once. */
export class SelectorReader {
  readonly #read = new Map<string, Promise<readonly WindowedSeries[]>>()

  constructor(
    private readonly source: SeriesSource,
    private readonly budget: Budget,
  ) {}

  /** @param isObserving whether histograms are compared with those before them */
  read(selection: Selection, isObserving = false): Promise<readonly WindowedSeries[]> {
    const key = JSON.stringify([selection, isObserving])
    let series = this.#read.get(key)
    if (!series) {
      series = isObserving ? this.#observe(selection) : this.#select(selection)
      this.#read.set(key, series)
    }
    return series
  }

  async #observe(selection: Selection): Promise<readonly WindowedSeries[]> {
    const observed: WindowedSeries[] = []
    for (const series of await this.read(selection)) {
      await this.budget.pace(series.timeMs.length)
      observed.push(withObservedResets(series))
    }
    return observed
  }

  async #select({ matchers, range, hints }: Selection): Promise<readonly WindowedSeries[]> {
    await this.budget.pause()
    const held = await this.source.selectHeld?.(matchers, range, hints)
    if (held) {
      let samples = 0
      for (const { timeMs } of held) samples += timeMs.length
      await this.budget.read(samples)
      return held
    }
    const found: WindowedSeries[] = []
    for await (const series of this.source.select(matchers, range, hints)) {
      await this.budget.read(series.timeMs.length)
      found.push(series)
    }
    return found
  }
}
