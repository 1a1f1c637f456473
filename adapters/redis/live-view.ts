import { parseDuration } from '../../schemas/config/duration.js'
import type { Config } from '../../schemas/config/schema.js'
import type { LiveFeed, LiveView, WindowSelection } from '../../schemas/ports/window-store.js'
import { IdTable } from '../../schemas/series/id-table.js'
import type { Series } from '../../schemas/series/series.js'
import { alignUp, type TimeRange, WINDOW_MS } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import { slicedWindows } from '../embedded/sliced-windows.js'
import { RedisConnection } from './connection.js'
import { RedisKeys } from './keys.js'
import { RedisLiveFeed } from './live-feed.js'
import { LiveIndex, type PartitionIndex, windowsIn } from './live-index.js'
import { decodeFound, LiveReader } from './live-reader.js'
import { LiveSeries, seriesSelector } from './live-series.js'
import { TRIM } from './scripts.js'
import { liveViewError } from './unavailable.js'

/** How long one call may take, ms. */
const CALL_MS = 2000

/** What the live view in Redis needs beside its configuration. */
export interface RedisLiveViewOptions {
  /** Partitions of tidemark.points. Who only reads may leave it out: the feeders tell. */
  partitions?: number
  /** Told when a partition of this process begins to be fed, and when Redis no longer takes its windows; for a metric. */
  onFed?: (partition: number, isFed: boolean) => void
  /** Told once when Redis stops answering. */
  onOutage?: (reason: string) => void
}

/**
 * The live view in the Redis of `redis.url`, for the processes that feed it and those that read it. Who feeds it trims
 * it to `speed.live_view` every minute or so; windows that nobody trims go by themselves after more than twice that
 * time. A server that does not answer is no error here: calls say so, at once.
 * @throws TM_CONFIG
 */
export async function createRedisLiveView(config: Config, options: RedisLiveViewOptions = {}): Promise<LiveView> {
  const connection = await RedisConnection.open(config.redis, CALL_MS, options.onOutage)
  return new RedisLiveView(connection, new RedisKeys(config.redis.prefix), {
    ...options,
    keptMs: parseDuration(config.speed.live_view),
  })
}

class RedisLiveView implements LiveView {
  readonly #connection: RedisConnection
  readonly #keys: RedisKeys
  readonly #options: RedisLiveViewOptions & { keptMs: number }
  readonly #index: LiveIndex
  readonly #series: LiveSeries
  readonly #reader: LiveReader
  readonly #fed = new Set<number>()
  #trimmedMs = 0

  constructor(connection: RedisConnection, keys: RedisKeys, options: RedisLiveViewOptions & { keptMs: number }) {
    this.#connection = connection
    this.#keys = keys
    this.#options = options
    this.#index = new LiveIndex(connection, keys)
    this.#series = new LiveSeries(connection, keys)
    this.#reader = new LiveReader(connection, keys, this.#index, this.#series)
  }

  follow(partition: number, closedThroughMs: number): Promise<LiveFeed> {
    const surroundings = {
      connection: this.#connection,
      keys: this.#keys,
      partitions: Math.max(this.#options.partitions ?? 0, partition + 1),
      keptMs: this.#options.keptMs,
      trimmedMs: () => this.#trimmedMs,
      onFed: (which: number, isFed: boolean) => this.#tellFed(which, isFed),
    }
    return RedisLiveFeed.follow(surroundings, partition, closedThroughMs)
  }

  async *read(selection: WindowSelection): AsyncIterable<WindowColumns> {
    const selector = seriesSelector(selection.matchers)
    try {
      const indexes = await this.#index.read()
      const found = await Promise.all(indexes.map((index) => this.#reader.find(index, selection, selector)))
      for (const [i, lookups] of found.entries()) {
        const { partition } = indexes[i]
        yield* slicedWindows(this.#reader.chunks(partition, lookups, selection, selector), decodeFound)
      }
    } catch (thrown) {
      throw liveViewError(thrown)
    }
  }

  /** Those of every feed that has windows in the range, whether or not they have one themselves. */
  async series(selection: WindowSelection): Promise<Series[]> {
    const selector = seriesSelector(selection.matchers)
    try {
      const feeds = (await this.#index.read()).flatMap((index) => {
        const named = new Set(windowsIn(index, selection).map(({ feed }) => feed))
        return [...named].map((feed) => ({ partition: index.partition, feed }))
      })
      const wanted = await Promise.all(
        feeds.map(({ partition, feed }) => this.#series.wanted(partition, feed, selector)),
      )
      const ids = new IdTable()
      const found: Series[] = []
      for (const page of wanted.flatMap((pages) => [...(pages?.values() ?? [])]))
        for (const series of page) if (series && isNew(ids, series)) found.push(series)
      return found
    } catch (thrown) {
      throw liveViewError(thrown)
    }
  }

  async coveredFromMs(): Promise<number | undefined> {
    try {
      const indexes = await this.#index.read()
      const heldFromMs = await Promise.all(indexes.map((index) => this.#index.heldFromMs(index)))
      return heldFromMs.reduce((latest, one) =>
        latest === undefined || one === undefined ? undefined : Math.max(latest, one),
      )
    } catch (thrown) {
      throw liveViewError(thrown)
    }
  }

  async versions(range: TimeRange): Promise<ReadonlyMap<number, string>> {
    const versions = new Map<number, string>()
    try {
      for (const index of await this.#index.read()) {
        // No two puts of a feed have the same tag, and no two feeds have the same name.
        for (const { startMs, tag } of windowsIn(index, range))
          versions.set(startMs, `${versions.get(startMs) ?? ''} ${index.partition}:${tag}`)
      }
      return versions
    } catch (thrown) {
      throw liveViewError(thrown)
    }
  }

  async trim(beforeMs: number): Promise<void> {
    this.#trimmedMs = Math.max(this.#trimmedMs, alignUp(beforeMs, WINDOW_MS))
    try {
      const indexes = await this.#index.read()
      await Promise.all(indexes.map((index) => this.#trimPartition(index)))
    } catch (thrown) {
      throw liveViewError(thrown)
    }
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  async #trimPartition({ partition, feed, windows }: PartitionIndex): Promise<void> {
    const old = windows.filter(({ startMs }) => startMs < this.#trimmedMs)
    if (old.length === 0) return
    const named = new Set(windows.filter(({ startMs }) => startMs >= this.#trimmedMs).map((one) => one.feed))
    const unnamed = new Set(old.map((one) => one.feed).filter((one) => one !== feed && !named.has(one)))
    const keys = [
      this.#keys.index(partition),
      ...old.map(({ startMs }) => this.#keys.window(partition, startMs)),
      ...[...unnamed].flatMap((one) => this.#keys.series(partition, one)),
    ]
    await TRIM.run(this.#connection, keys, [this.#trimmedMs, ...old.map(({ startMs }) => startMs)])
  }

  #tellFed(partition: number, isFed: boolean): void {
    if (this.#fed.has(partition) === isFed) return
    if (isFed) this.#fed.add(partition)
    else this.#fed.delete(partition)
    this.#options.onFed?.(partition, isFed)
  }
}

/** Adds the series' id. @returns false if it was there */
function isNew(ids: IdTable, { idLow, idHigh }: Series): boolean {
  const before = ids.size
  return ids.add(idLow, idHigh) === before
}
