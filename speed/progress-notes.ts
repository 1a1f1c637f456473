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
  /** Up to when windows are shown or stored, and up to when they are stored. */
  readonly #shownMs = new Map<number, number>()
  readonly #closedMs = new Map<number, number>()
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
    this.#closedMs.set(partition, throughMs)
    if (throughMs <= (this.#notedMs.get(partition) ?? Number.NEGATIVE_INFINITY)) return
    this.#notedMs.set(partition, throughMs)
    this.#waiting.push({ partition, offset, throughMs })
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, MOST_WAITING / 2)
  }

  /** Notes up to when the windows of a partition that are shown or stored hold all that came on time, ms. */
  shown(partition: number, throughMs: number): void {
    this.#shownMs.set(partition, throughMs)
  }

  /** Notes that nothing but what is closed can be read of a partition. */
  hidden(partition: number): void {
    this.#shownMs.delete(partition)
  }

  /** Up to when the windows of every partition hold all that came on time, as it was noted last, ms. */
  completeMs(): number {
    return Math.min(...this.#claims().map(({ throughMs }) => throughMs))
  }

  /** Forgets what was noted of a partition that is read by another from now on, or anew. */
  drop(partition: number): void {
    this.#notedMs.delete(partition)
    this.#shownMs.delete(partition)
    this.#closedMs.delete(partition)
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
    const claims = this.#claims()
    try {
      if (closings.length > 0) await this.#progress.note(closings)
      await this.#progress.complete(claims, partitions)
      const stored = new Set(closings)
      this.#waiting = this.#waiting.filter((closing) => !stored.has(closing))
    } catch (thrown) {
      this.#onError(asTidemarkError(thrown))
    }
  }

  /** Of a partition without a record there is no window that could lack anything. */
  #claims(): Completeness[] {
    const partitions = new Set([...this.#shownMs.keys(), ...this.#closedMs.keys()])
    return [...partitions].map((partition) => {
      const shownMs = this.#shownMs.get(partition)
      const closedMs = this.#closedMs.get(partition) ?? shownMs ?? 0
      return { partition, throughMs: Math.max(shownMs ?? closedMs, closedMs), closedMs }
    })
  }
}
