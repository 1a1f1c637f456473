import { asTidemarkError, type TidemarkError } from '../schemas/errors.js'
import type { Closing, Completeness, SpeedProgress } from '../schemas/ports/speed-progress.js'
import type { Clock } from '../schemas/time.js'

/** Closings that wait for a catalog that is down: at one a window and partition, some hours. */
const MOST_WAITING = 50_000

/** Without a record there are no windows: all that there are, are closed. */
const NO_WINDOWS_MS = Number.MAX_SAFE_INTEGER

/** What notes need. */
export interface ProgressNotesOptions {
  progress: SpeedProgress
  /** Windows are seen by readers of the hot store this long after they were stored, ms: before that nothing is said of them. */
  visibleAfterMs: number
  clock: Clock
  onError: (error: TidemarkError) => void
}

interface WaitingClosing extends Closing {
  /** Every reader sees by then what was closed, ms. */
  visibleMs: number
}

/**
 * Closings, and what is complete, on their way to the catalog. A catalog that is down makes audits late and answers
 * partial, it never holds windows up.
 */
export class ProgressNotes {
  readonly #options: ProgressNotesOptions
  #waiting: WaitingClosing[] = []
  readonly #notedMs = new Map<number, number>()
  /** Up to when windows are shown or stored, and up to when they can be read from the hot store. */
  readonly #shownMs = new Map<number, number>()
  readonly #closedMs = new Map<number, number>()
  #flushing: Promise<void> | undefined

  constructor(options: ProgressNotesOptions) {
    this.#options = options
  }

  /**
   * Notes a closing, whose windows are stored by now, if it goes further than the last one of its partition.
   * @param throughMs undefined before the first record that could be read
   */
  add(partition: number, offset: number, throughMs: number | undefined): void {
    const visibleMs = this.#options.clock() + this.#options.visibleAfterMs
    if (throughMs === undefined) {
      if (offset > 0) this.#waiting.push({ partition, offset, throughMs: NO_WINDOWS_MS, visibleMs })
      return
    }
    if (throughMs <= (this.#notedMs.get(partition) ?? Number.NEGATIVE_INFINITY)) return
    this.#notedMs.set(partition, throughMs)
    this.#waiting.push({ partition, offset, throughMs, visibleMs })
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

  /**
   * Forgets what was noted of a partition that is read by another from now on, or anew. Resolves once nothing of it is
   * on its way to the catalog any more.
   */
  async drop(partition: number): Promise<void> {
    this.#notedMs.delete(partition)
    this.#shownMs.delete(partition)
    this.#closedMs.delete(partition)
    this.#waiting = this.#waiting.filter((closing) => closing.partition !== partition)
    await this.#flushing
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
    const { progress, clock, onError } = this.#options
    const nowMs = clock()
    const closings = this.#waiting.filter(({ visibleMs }) => visibleMs <= nowMs)
    for (const { partition, throughMs } of closings)
      if (throughMs !== NO_WINDOWS_MS) this.#closedMs.set(partition, throughMs)
    const claims = this.#claims()
    try {
      if (closings.length > 0)
        await progress.note(closings.map(({ partition, offset, throughMs }) => ({ partition, offset, throughMs })))
      await progress.complete(claims, partitions)
      const stored = new Set(closings)
      this.#waiting = this.#waiting.filter((closing) => !stored.has(closing))
    } catch (thrown) {
      onError(asTidemarkError(thrown))
    }
  }

  #claims(): Completeness[] {
    const partitions = new Set([...this.#shownMs.keys(), ...this.#notedMs.keys()])
    return [...partitions].map((partition) => {
      const shownMs = this.#shownMs.get(partition)
      // Of a partition of which nothing was ever closed there is no closed window that could lack anything.
      const unclosedMs = this.#notedMs.has(partition) ? 0 : (shownMs ?? 0)
      const closedMs = this.#closedMs.get(partition) ?? unclosedMs
      return { partition, throughMs: Math.max(shownMs ?? closedMs, closedMs), closedMs }
    })
  }
}
