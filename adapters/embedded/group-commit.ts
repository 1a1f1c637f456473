import type { RootDatabase } from 'lmdb'

/** One caller's part of a transaction. */
interface Job {
  write: () => void
  resolve: () => void
  reject: (cause: unknown) => void
  bytes: number
}

/** Most bytes of values that share one transaction. */
const TRANSACTION_BYTES = 32 << 20

/**
 * Runs the writes of an environment one transaction at a time. Calls that come while one is being made durable share
 * the next one and its fsync. A transaction is all or nothing.
 */
export class GroupCommit {
  readonly #root: RootDatabase<Buffer, Buffer>
  readonly #rolledBack: () => void
  #queue: Job[] = []
  #running: Promise<void> | undefined

  /** @param rolledBack called when a transaction failed, before its callers hear of it: state in memory must be read again */
  constructor(root: RootDatabase<Buffer, Buffer>, rolledBack: () => void = () => {}) {
    this.#root = root
    this.#rolledBack = rolledBack
  }

  /**
   * Puts a caller's writes into the next transaction.
   * @param write makes the puts and removes; called once, in order of the calls
   * @param bytes of the values it puts, roughly
   * @returns resolves once durable; rejects with lmdb's error if nothing was written
   */
  submit(bytes: number, write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, resolve, reject, bytes })
      this.#running ??= this.#run()
    })
  }

  /** Resolves once nothing is under way. */
  async rest(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    // The calls of this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) await this.#commit(this.#take())
    this.#running = undefined
  }

  async #commit(jobs: Job[]): Promise<void> {
    try {
      await this.#root.batch(() => {
        for (const job of jobs) job.write()
      })
    } catch (cause) {
      this.#rolledBack()
      for (const job of jobs) job.reject(cause)
      return
    }
    for (const job of jobs) job.resolve()
  }

  #take(): Job[] {
    let bytes = 0
    let count = 0
    while (count < this.#queue.length && (count === 0 || bytes + this.#queue[count].bytes <= TRANSACTION_BYTES)) {
      bytes += this.#queue[count++].bytes
    }
    return this.#queue.splice(0, count)
  }
}
