/** How long a server is left alone after its first failure, and at most, ms. */
const FIRST_MS = 250
const LONGEST_MS = 5000

/** What a breaker needs to know of the server that it stands before. */
export interface BreakerOptions {
  /** Asks the server for a sign of life. */
  probe: () => Promise<unknown>
  /** True for an error that means that the server cannot be reached, false where it answered. */
  isOutage: (error: unknown) => boolean
  /** Told when an outage begins: not again before a call has succeeded. */
  onOutage?: (reason: string) => void
}

/**
 * Stands before a server that may be down: once a call failed, others fail at once and without asking, until the server
 * answers a probe. It is left alone for longer each time that it answers probes, but calls still fail.
 */
export class Breaker {
  readonly #options: BreakerOptions
  /** Why calls fail at once now. */
  #failure: unknown
  #isOpen = false
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  /** Makes a call. @throws its error, or at once the one that opened the breaker */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isOpen) throw this.#failure
    try {
      const result = await call()
      if (!this.#isOpen) this.#failures = 0
      return result
    } catch (error) {
      if (this.#options.isOutage(error)) this.#open(error)
      throw error
    }
  }

  /** Probes no more. */
  close(): void {
    clearTimeout(this.#timer)
  }

  #open(error: unknown): void {
    // Calls that were under way together fail together.
    if (this.#isOpen) return
    this.#isOpen = true
    this.#failure = error
    if (this.#failures === 0) this.#options.onOutage?.(error instanceof Error ? error.message : String(error))
    this.#probeLater()
  }

  #probeLater(): void {
    const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++)
    this.#timer = setTimeout(() => {
      this.#options.probe().then(
        () => {
          this.#isOpen = false
        },
        (error: unknown) => {
          this.#failure = error
          this.#probeLater()
        },
      )
    }, waitMs)
    this.#timer.unref()
  }
}
