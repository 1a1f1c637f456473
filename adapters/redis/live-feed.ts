import { randomUUID } from 'node:crypto'
import { TidemarkError } from '../../schemas/errors.js'
import type { LiveFeed } from '../../schemas/ports/window-store.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import type { RedisConnection } from './connection.js'
import { FeedSeries } from './feed-series.js'
import { formatTag, type RedisKeys } from './keys.js'
import { FOLLOW, LEAVE, PUT } from './scripts.js'
import { Turns } from './turns.js'
import { liveViewError } from './unavailable.js'

/** A partition that was not fed for so long is not trusted any more, ms. */
const PATIENCE_MS = 10_000

type Argument = string | Buffer | number

/** What goes to Redis at once. */
interface Put {
  /** Keys. */
  windows: string[]
  closedThroughMs: number
  /** Series of the feed, those with it included. */
  series: number
  /** Of the metrics whose windows are among them. */
  hashes: Buffer
  /** The counted lists. */
  args: Argument[]
}

const NONE = Buffer.alloc(0)

/** What the feeds of one live view share. */
export interface FeedSurroundings {
  connection: RedisConnection
  keys: RedisKeys
  /** Partitions that there are. */
  partitions: number
  /** How long windows are held, ms. */
  keptMs: number
  /** Windows that start before this are not taken, ms. */
  trimmedMs: () => number
  /** Told when a partition begins to be fed, and when it is no more. */
  onFed: (partition: number, isFed: boolean) => void
}

/** One partition's windows on their way into Redis. */
export class RedisLiveFeed implements LiveFeed {
  readonly #shared: FeedSurroundings
  readonly #partition: number
  /** Another one each time that the series are numbered anew. */
  #feed = ''
  #series = new FeedSeries()
  /** Series that Redis has. */
  #stored = 0
  #throughMs: number
  #puts = 0
  #isPutting = false

  private constructor(shared: FeedSurroundings, partition: number, closedThroughMs: number) {
    this.#shared = shared
    this.#partition = partition
    this.#throughMs = closedThroughMs
  }

  /** See {@link LiveView.follow}. */
  static async follow(shared: FeedSurroundings, partition: number, closedThroughMs: number): Promise<RedisLiveFeed> {
    const feed = new RedisLiveFeed(shared, partition, closedThroughMs)
    await feed.#told(() => feed.#begin())
    shared.onFed(partition, true)
    return feed
  }

  async put(batches: readonly WindowBatch[], closedThroughMs: number): Promise<void> {
    this.#isPutting = true
    try {
      await this.#told(async () => {
        const { keptMs, trimmedMs } = this.#shared
        const taken = batches.filter(({ startMs, windows }) => startMs >= trimmedMs() && windows.length > 0)
        const newestMs = Math.max(...taken.map(({ startMs }) => startMs))
        if (taken.length > 0 && this.#series.isMostlyGone(newestMs - keptMs)) await this.#begin()
        await this.#send(taken, closedThroughMs)
      })
    } finally {
      this.#isPutting = false
    }
  }

  async beat(): Promise<void> {
    // A put under way says as much.
    if (this.#isPutting) return
    const [closedThroughMs, series] = [this.#throughMs, this.#stored]
    await this.#told(() => this.#run({ windows: [], closedThroughMs, series, hashes: NONE, args: [0, 0] }))
  }

  async #told(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      const { connection, keys, onFed } = this.#shared
      onFed(this.#partition, false)
      // Where Redis can still be reached, readers need not wait until patience ends.
      await LEAVE.run(connection, [keys.alive(this.#partition)], [this.#feed]).catch(() => undefined)
      throw liveViewError(thrown)
    }
  }

  /** Takes the partition over, with no series yet. */
  async #begin(): Promise<void> {
    const { connection, keys, partitions, trimmedMs } = this.#shared
    const feed = randomUUID()
    const at = [keys.index(this.#partition), keys.alive(this.#partition)]
    const args = [feed, this.#throughMs, trimmedMs(), partitions, this.#expiryMs, PATIENCE_MS]
    await FOLLOW.run(connection, at, args)
    this.#feed = feed
    this.#series = new FeedSeries()
    this.#stored = 0
  }

  async #send(batches: readonly WindowBatch[], closedThroughMs: number): Promise<void> {
    const { keys } = this.#shared
    const { hashes, args } = await this.#layOut(batches)
    const { metrics, pages } = this.#series.takeChanged()
    const series = this.#series.size
    await this.#run({
      windows: batches.map(({ startMs }) => keys.window(this.#partition, startMs)),
      closedThroughMs,
      series,
      hashes,
      args: [...counted(metrics), ...counted(pages), ...args],
    })
    this.#stored = series
    this.#throughMs = closedThroughMs
  }

  async #run({ windows, closedThroughMs, series, hashes, args }: Put): Promise<void> {
    const { connection, keys, trimmedMs } = this.#shared
    const common = [keys.index(this.#partition), keys.alive(this.#partition)]
    const isTaken = await PUT.run(
      connection,
      [...common, ...keys.series(this.#partition, this.#feed), ...windows],
      [
        ...[this.#feed, this.#throughMs, closedThroughMs, this.#stored, series],
        ...[trimmedMs(), this.#expiryMs, PATIENCE_MS, keys.changes, hashes, ...args],
      ],
    )
    if (isTaken === 1) return
    const reason = `partition ${this.#partition} is fed by someone else now, or Redis has lost what it had`
    throw new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason })
  }

  /** What is put of each batch, and the hashes of the metrics in them as bytes. */
  async #layOut(batches: readonly WindowBatch[]): Promise<{ hashes: Buffer; args: Argument[] }> {
    const args: Argument[] = []
    const hashes = new Set<number>()
    const turns = new Turns()
    for (const batch of batches) {
      const chunks: [page: number, chunk: Buffer][] = []
      for (const { page, chunk, metricHash } of this.#series.layOut(batch)) {
        hashes.add(metricHash)
        chunks.push([page, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)])
        if (turns.isOver()) await turns.next()
      }
      const tag = formatTag({ closed: batch.closed, feed: this.#feed }, ++this.#puts)
      args.push(batch.startMs, tag, ...counted(chunks))
    }
    return { hashes: Buffer.from(Uint32Array.from(hashes).sort().buffer), args }
  }

  /** Whatever is not trimmed, because nobody does, goes by itself, ms. */
  get #expiryMs(): number {
    return 2 * this.#shared.keptMs + PATIENCE_MS
  }
}

/** A list of pairs behind their number, as the script takes them. */
function counted(pairs: readonly [Argument, Argument][]): Argument[] {
  return [pairs.length, ...pairs.flat()]
}
