import { formatEvent, HEARTBEAT } from './events.js'

/** How often a tail does what, ms. */
export interface TailPace {
  /** Least time from one event to the next. */
  everyMs: number
  /** Time without a change after which it is evaluated all the same: time alone changes answers. More than `everyMs`. */
  idleMs: number
}

/** Who reads a tail. */
export interface TailClient {
  write(text: string): void
  /** True while what was written before has not been sent. */
  isBehind(): boolean
  /** Aborted when the client is gone. */
  gone: AbortSignal
}

/**
 * One client's tail of an expression: an event with its answer at the start and whenever windows that it reads have
 * changed. One that reads more slowly than answers change gets the newest one when it is ready, and is told how many it
 * did not get: nothing is kept for it.
 */
export class Tail {
  readonly #evaluate: () => Promise<string>
  readonly #client: TailClient
  readonly #pace: TailPace
  #isChanged = false
  #skipped = 0
  /** Looks whether what is waited for has come. */
  #look = () => {}

  /** @param evaluate gives an event with the answer of now; an error ends the tail */
  constructor(evaluate: () => Promise<string>, client: TailClient, pace: TailPace) {
    this.#evaluate = evaluate
    this.#client = client
    this.#pace = pace
  }

  /** Windows that the expression reads have changed. */
  changed(): void {
    this.#isChanged = true
    this.#look()
  }

  /** The client has been sent what was written. */
  drained(): void {
    this.#look()
  }

  /** Tells the client until it is gone. @param first an event that was evaluated already */
  async run(first: string): Promise<void> {
    const { gone, write, isBehind } = this.#client
    const { everyMs, idleMs } = this.#pace
    const look = () => this.#look()
    gone.addEventListener('abort', look)
    const heartbeats = setInterval(() => {
      if (!isBehind()) write(HEARTBEAT)
    }, idleMs)
    try {
      write(first)
      while (!gone.aborted) {
        await this.#wait(everyMs, () => false)
        await this.#catchUp()
        await this.#wait(idleMs - everyMs, () => this.#isChanged || this.#skipped > 0)
        if (!gone.aborted) await this.#tell()
      }
    } finally {
      clearInterval(heartbeats)
      gone.removeEventListener('abort', look)
    }
  }

  /** Waits for a client that is behind, and counts what it misses. */
  async #catchUp(): Promise<void> {
    const { gone, isBehind } = this.#client
    while (isBehind() && !gone.aborted) {
      if (this.#isChanged) this.#skipped++
      this.#isChanged = false
      await this.#wait(this.#pace.everyMs, () => !isBehind())
    }
  }

  async #tell(): Promise<void> {
    this.#isChanged = false
    const event = await this.#evaluate()
    const { gone, write } = this.#client
    if (gone.aborted) return
    if (this.#skipped > 0) write(formatEvent('skipped', JSON.stringify({ updates: this.#skipped })))
    this.#skipped = 0
    write(event)
  }

  /** Resolves after a while, or as soon as it holds, or when the client is gone. */
  #wait(ms: number, holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#look = () => {}
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#look = () => {
        if (this.#client.gone.aborted || holds()) end()
      }
      this.#look()
    })
  }
}
