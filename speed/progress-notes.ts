import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'
import type { Closing, Completeness, SpeedProgress } from '../schemas/ports/speed-progress.js'

/** Closings that wait for a catalog that is down: at one a window and partition, some hours. */
const MOST_WAITING = 50_000

/** Without a record there are no windows: all that there are, are closed. */
const NO_WINDOWS_MS = Number.MAX_SAFE_INTEGER

/**
 * Closings, and what is complete, on their way to the catalog. A catalog that is down makes audits late and answers
 * partial, it never holds windows up.
 */
export class ProgressNotes {
  readonly #progress: SpeedProgress
  readonly #onError: (error: TidemarkError) => void
  #waiting: Closing[] = []
  readonly #notedMs = new Map<number, number>()
  readonly #completeMs = new Map<number, number>()
  #flushing: Promise<void> | undefined

  constructor(progress: SpeedProgress, onError: (error: TidemarkError) => void) {
    this.#progress = progress
    this.#onError = onError
  }

  /**
   * Notes a closing if it goes further than the last one of its partition.
   * @param throughMs undefined before the first record that could be read
   */
  add(partition: number, offset: number, throughMs: number | undefined): void {
    if (throughMs === undefined) {
      if (offset > 0) this.#waiting.push({ partition, offset, throughMs: NO_WINDOWS_MS })
      return
    }
    if (throughMs <= (this.#notedMs.get(partition) ?? Number.NEGATIVE_INFINITY)) return
    this.#notedMs.set(partition, throughMs)
    this.#waiting.push({ partition, offset, throughMs })
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, MOST_WAITING / 2)
  }

  /** Notes up to when the windows of a partition hold all that came on time, ms. */
  complete(partition: number, throughMs: number): void {
    this.#completeMs.set(partition, throughMs)
  }

  /** Forgets what was noted of a partition that is read by another from now on, or anew. */
  drop(partition: number): void {
    this.#notedMs.delete(partition)
    this.#completeMs.delete(partition)
    this.#waiting = this.#waiting.filter((closing) => closing.partition !== partition)
  }

  /**
   * Stores what waits; a failure is told, and tried again at the next call.
   * @param partitions that the log has
   */
  flush(partitions: number): Promise<void> {
    this.#flushing ??= this.#store(partitions).finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #store(partitions: number): Promise<void> {
    const closings = this.#waiting.slice()
    const claims: Completeness[] = [...this.#completeMs].map(([partition, throughMs]) => ({ partition, throughMs }))
    try {
      if (closings.length > 0) await this.#progress.note(closings)
      await this.#progress.complete(claims, partitions)
      const stored = new Set(closings)
      this.#waiting = this.#waiting.filter((closing) => !stored.has(closing))
    } catch (thrown) {
      this.#onError(asTidemarkError(thrown))
    }
  }
}
