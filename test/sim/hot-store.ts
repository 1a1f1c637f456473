import type { HotStore, WindowSelection } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import type { Clock } from '../../schemas/time.js'
import type { WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'

/** A hot store that shows what was written only after a while, as VictoriaMetrics does; by the simulated clock. */
export class BelatedHotStore implements HotStore {
  readonly visibleAfterMs: number
  readonly #store: HotStore
  readonly #clock: Clock
  #hidden: { batches: readonly WindowBatch[]; visibleMs: number }[] = []
  #showing: Promise<void> = Promise.resolve()

  constructor(store: HotStore, visibleAfterMs: number, clock: Clock) {
    this.#store = store
    this.visibleAfterMs = visibleAfterMs
    this.#clock = clock
  }

  async write(batches: readonly WindowBatch[]): Promise<void> {
    this.#hidden.push({ batches, visibleMs: this.#clock() + this.visibleAfterMs })
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    await this.#show(this.#clock())
    yield* this.#store.read(selection)
  }

  async series(selection: WindowSelection): Promise<Series[]> {
    await this.#show(this.#clock())
    return this.#store.series(selection)
  }

  async trim(beforeMs: number): Promise<void> {
    await this.showAll()
    await this.#store.trim(beforeMs)
  }

  /** Shows what it still holds back: for who compares what was written, whoever sees it. */
  showAll(): Promise<void> {
    return this.#show(Number.POSITIVE_INFINITY)
  }

  async close(): Promise<void> {
    await this.#store.close()
  }

  /** In the order in which they were written. */
  #show(throughMs: number): Promise<void> {
    const due = this.#hidden.filter(({ visibleMs }) => visibleMs <= throughMs)
    this.#hidden = this.#hidden.filter(({ visibleMs }) => visibleMs > throughMs)
    this.#showing = this.#showing.then(async () => {
      for (const { batches } of due) await this.#store.write(batches)
    })
    return this.#showing
  }
}
