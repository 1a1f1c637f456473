import { TidemarkError } from '../../schemas/errors.js'

/**
 * What a piece of work has to wait for before it goes on; undefined, most of the time, if for nothing. Where pieces are
 * short, `if (wait) await wait` is a good part of their time less than to await nothing.
 */
export type Wait = Promise<void> | undefined

/** What a query may use, and how it is stopped. */
export interface BudgetOptions {
  /** Samples that it may hold at a time. */
  querySamples: number
  signal?: AbortSignal
  /** How long it may take, ms. */
  timeoutMs?: number
  /** Tells ms that only grow. */
  now: () => number
}

/** Work, in samples, after which the time is looked at. */
const PACE_SAMPLES = 20_000

/** How long a query may keep the process to itself, ms. */
const TURN_MS = 8

/**
 * The samples a query holds (read ones until its end, computed ones until they have been used) and the time that it
 * takes. Gives other work of the process a turn every few milliseconds.
 */
export class Budget {
  readonly #options: BudgetOptions
  readonly #startedMs: number
  #turnMs: number
  #unpaced = 0
  #read = 0
  #computed = 0
  #peak = 0

  constructor(options: BudgetOptions) {
    this.#options = options
    this.#startedMs = options.now()
    this.#turnMs = this.#startedMs
  }

  /** Most samples held at a time. */
  get peak(): number {
    return this.#peak
  }

  /** Computed samples held now. */
  get computed(): number {
    return this.#computed
  }

  /**
   * After samples were read: they are held to the end.
   * @throws TM_QUERY_SAMPLES, TM_QUERY_TIME, TM_QUERY_CANCELLED
   */
  read(samples: number): Wait {
    this.#read += samples
    this.#refuseMany(0)
    return this.pace(samples)
  }

  /**
   * Before samples are computed: they are held until `release`.
   * @throws TM_QUERY_SAMPLES, TM_QUERY_TIME, TM_QUERY_CANCELLED
   */
  compute(samples: number): Wait {
    this.#computed += samples
    this.#refuseMany(0)
    return this.pace(samples)
  }

  /** What was computed since it was `before` is needed no longer, but for its result. */
  release(before: number, result: number): void {
    this.#computed = before + result
  }

  /**
   * Before so many samples are asked for at once.
   * @throws TM_QUERY_SAMPLES
   */
  foresee(samples: number): void {
    this.#refuseMany(samples)
  }

  /** Between pieces of work on so many samples, each far below 100,000. */
  pace(samples: number): Wait {
    this.#unpaced += samples
    return this.#unpaced >= PACE_SAMPLES ? this.pause() : undefined
  }

  /** Ends a cancelled or overdue query; lets other work run if this query had a turn's time. */
  async pause(): Promise<void> {
    this.#unpaced = 0
    this.#check()
    if (this.#options.now() - this.#turnMs < TURN_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#turnMs = this.#options.now()
    this.#check()
  }

  #refuseMany(more: number): void {
    const held = this.#read + this.#computed + more
    if (held > this.#options.querySamples) {
      throw new TidemarkError('TM_QUERY_SAMPLES', { limit: this.#options.querySamples })
    }
    if (held > this.#peak) this.#peak = held
  }

  #check(): void {
    const { signal, timeoutMs, now } = this.#options
    if (signal?.aborted) throw new TidemarkError('TM_QUERY_CANCELLED', {}, signal.reason)
    if (timeoutMs !== undefined && now() - this.#startedMs > timeoutMs) {
      throw new TidemarkError('TM_QUERY_TIME', { limit: timeoutMs })
    }
  }
}
