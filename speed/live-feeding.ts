import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'
import type { LiveFeed, LiveView } from '../schemas/ports/window-store.js'
import type { WindowBatch } from '../schemas/windows/columns.js'

interface FedPartition {
  /** Windows that end at or before this are closed and in the hot store, ms. */
  closedThroughMs: number
  /** Undefined while the view does not take this partition's windows. */
  feed?: LiveFeed
}

/**
 * Feeds the live view with the windows of the partitions that this process reads. The view is a cache: what it does
 * not take, the hot store has, and nothing waits for it.
 */
export class LiveFeeding {
  readonly #live: LiveView
  readonly #onError: (error: TidemarkError) => void
  readonly #partitions = new Map<number, FedPartition>()
  /** Partitions whose windows the view does not take at present. */
  readonly #unfed = new Set<number>()

  constructor(live: LiveView, onError: (error: TidemarkError) => void) {
    this.#live = live
    this.#onError = onError
  }

  /** Begins with a partition. @param closedThroughMs only windows that end at or before this can have been closed */
  async begin(partition: number, closedThroughMs: number): Promise<void> {
    this.#partitions.set(partition, { closedThroughMs })
    await this.resume(partition)
  }

  /** Leaves a partition to others. */
  end(partition: number): void {
    this.#partitions.delete(partition)
    this.#unfed.delete(partition)
  }

  /** Whether the view takes the windows of a partition, as far as was seen. */
  isFed(partition: number): boolean {
    return this.#partitions.get(partition)?.feed !== undefined
  }

  /** Follows the partition again if the view did not take its windows. @returns whether it is fed now */
  async resume(partition: number): Promise<boolean> {
    const fed = this.#partitions.get(partition)
    return fed !== undefined && (fed.feed !== undefined || this.show(partition, []))
  }

  /**
   * Gives windows to the view. Calls for one partition must not overlap.
   * @param closedThroughMs windows that end at or before this are closed with these; left out: none was closed
   * @returns whether it took them
   */
  async show(partition: number, batches: readonly WindowBatch[], closedThroughMs?: number): Promise<boolean> {
    const fed = this.#partitions.get(partition)
    if (!fed) return false
    const throughMs = closedThroughMs ?? fed.closedThroughMs
    try {
      fed.feed ??= await this.#live.follow(partition, fed.closedThroughMs)
      await fed.feed.put(batches, throughMs)
      this.#unfed.delete(partition)
      return true
    } catch (thrown) {
      this.#lost(partition, fed, thrown)
      return false
    } finally {
      fed.closedThroughMs = throughMs
    }
  }

  /** Says that every partition is still fed. */
  async beat(): Promise<void> {
    await Promise.all(
      [...this.#partitions].map(async ([partition, fed]) => {
        const { feed } = fed
        await feed?.beat().catch((thrown) => {
          if (fed.feed === feed) this.#lost(partition, fed, thrown)
        })
      }),
    )
  }

  /** Reports the first failure of many: until the view takes windows again there is one each second and partition. */
  #lost(partition: number, fed: FedPartition, thrown: unknown): void {
    fed.feed = undefined
    if (this.#unfed.size === 0) this.#onError(asTidemarkError(thrown))
    this.#unfed.add(partition)
  }
}
