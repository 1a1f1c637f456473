import { EmbeddedLiveView } from '../../adapters/embedded/live-view.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { LiveFeed, LiveView, WindowSelection } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import { type Clock, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import type { Gate } from './gate.js'

/** A partition of which the view has not heard for so long is not fed any more, ms. */
export const PATIENCE_MS = 10_000

/** It fails so many times more often than other stores: a cache is what is let go first. */
const RISK = 4

/**
 * A live view as a cluster has it: it outlives the processes that feed it, does not trust those that it has not heard
 * of for a while, and may lose all that it holds, or some windows.
 */
export class LosableLiveView implements LiveView {
  readonly #partitions: number
  readonly #clock: Clock
  readonly #heardMs = new Map<number, number>()
  #evicted = new Set<number>()
  #losses = 0
  #view: EmbeddedLiveView

  constructor(partitions: number, clock: Clock) {
    this.#partitions = partitions
    this.#clock = clock
    this.#view = new EmbeddedLiveView(partitions)
  }

  /** Loses everything, and with it who feeds it. */
  lose(): void {
    this.#losses++
    this.#view = new EmbeddedLiveView(this.#partitions)
    this.#evicted = new Set()
  }

  /** Loses the windows of one start. */
  evict(startMs: number): void {
    this.#evicted.add(startMs)
  }

  async follow(partition: number, closedThroughMs: number): Promise<LiveFeed> {
    const view = this.#view
    const feed = await view.follow(partition, closedThroughMs)
    const hear = () => {
      if (view !== this.#view) throw new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason: 'it lost everything' })
      this.#heardMs.set(partition, this.#clock())
    }
    hear()
    return {
      put: async (batches, throughMs) => {
        hear()
        await feed.put(batches, throughMs)
      },
      beat: async () => {
        hear()
        await feed.beat()
      },
    }
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    for await (const windows of this.#view.read(selection)) {
      const kept = new WindowColumns(windows.length)
      for (let row = 0; row < windows.length; row++)
        if (!this.#evicted.has(windows.start[row])) kept.pushRow(windows, row)
      yield kept
    }
  }

  series(selection: WindowSelection): Promise<Series[]> {
    return this.#view.series(selection)
  }

  async versions(range: TimeRange): Promise<ReadonlyMap<number, string>> {
    const versions = await this.#view.versions(range)
    return new Map([...versions].map(([startMs, version]) => [startMs, `${this.#losses}:${version}`]))
  }

  async coveredFromMs(): Promise<number | undefined> {
    const fromMs = await this.#view.coveredFromMs()
    const isUnheard = [...this.#heardMs.values()].some((heardMs) => heardMs <= this.#clock() - PATIENCE_MS)
    if (fromMs === undefined || isUnheard) return undefined
    return Math.max(fromMs, ...[...this.#evicted].map((startMs) => startMs + WINDOW_MS))
  }

  trim(beforeMs: number): Promise<void> {
    return this.#view.trim(beforeMs)
  }

  close(): Promise<void> {
    return this.#view.close()
  }
}

/** A live view behind the gate: each call may fail, and so may a reading half-way. */
export function gatedLiveView(view: LiveView, gate: Gate): LiveView {
  const pass = <T>(call: () => Promise<T>) => gate.pass('live', call, RISK)
  return {
    follow: async (...partition) => {
      const feed = await pass(() => view.follow(...partition))
      return { put: (...given) => pass(() => feed.put(...given)), beat: () => pass(() => feed.beat()) }
    },
    async *read(selection) {
      for await (const windows of view.read(selection)) {
        await pass(async () => undefined)
        yield windows
      }
    },
    series: (selection) => pass(() => view.series(selection)),
    coveredFromMs: () => pass(() => view.coveredFromMs()),
    versions: (range) => pass(() => view.versions(range)),
    trim: (beforeMs) => pass(() => view.trim(beforeMs)),
    close: () => view.close(),
  }
}
