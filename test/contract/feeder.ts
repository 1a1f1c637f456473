import type { LiveFeed, LiveView } from '../../schemas/ports/window-store.js'
import { WINDOW_MS } from '../../schemas/time.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'

/** Feeds every partition of a live view, as speed layers do. */
export class Feeder {
  readonly #view: Pick<LiveView, 'follow'>
  readonly #partitions: number
  readonly #feeds = new Map<number, LiveFeed>()
  #throughMs = 0

  /** @param partitions that the view was opened for */
  constructor(view: Pick<LiveView, 'follow'>, partitions: number) {
    this.#view = view
    this.#partitions = partitions
  }

  /** Follows every partition. @param closedThroughMs windows that end at or before this were closed before */
  async follow(closedThroughMs = 0): Promise<void> {
    this.#throughMs = closedThroughMs
    for (let partition = 0; partition < this.#partitions; partition++)
      this.#feeds.set(partition, await this.#view.follow(partition, closedThroughMs))
  }

  /** Puts windows; what was closed before the newest closed one counts as closed in every partition. */
  async put(batches: readonly WindowBatch[]): Promise<void> {
    if (this.#feeds.size === 0) await this.follow()
    for (const { closed, startMs } of batches)
      if (closed) this.#throughMs = Math.max(this.#throughMs, startMs + WINDOW_MS)
    for (const [partition, feed] of this.#feeds) {
      const own = batches.filter((batch) => batch.partition === partition)
      await feed.put(own, this.#throughMs)
    }
  }

  /** The way into one partition. */
  of(partition: number): LiveFeed {
    const feed = this.#feeds.get(partition)
    if (!feed) throw new Error(`partition ${partition} is not fed`)
    return feed
  }
}
