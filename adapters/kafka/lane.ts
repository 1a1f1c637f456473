import type { LogCommit, LogEntry, LogReader } from '../../schemas/ports/log.js'

/** Bounds of one read: what a reader is handed at once. */
const READ_BYTES = 8 << 20
const READ_ENTRIES = 512

/** What a lane asks of its subscription. */
export interface LaneParts {
  reader: LogReader
  /** Resolves once the reader has forgotten what it held of this partition before. */
  previous: Promise<void>
  /** The group's stored position. Tries until it has it; undefined as well once the lane has ended. */
  committed(lane: Lane): Promise<LogCommit | undefined>
  /** Begins to fetch from `wanted`, or from the earliest if there is no such record. @returns the offset it begins at */
  begin(lane: Lane, wanted: number | undefined): Promise<number>
  pause(lane: Lane): void
  resume(lane: Lane): void
  /** Has the next fetch begin at `from`. */
  fetchAgain(lane: Lane, from: number): void
  /** Records [from, to) were removed before they were read. */
  missed(lane: Lane, from: number, to: number): void
  /** Bytes that may wait for the reader. */
  queueBytes: number
}

/**
 * One partition from its assignment to its end: fetched entries wait here for the reader, who is handed one batch after
 * the other. Its fetches pause while enough waits.
 */
export class Lane {
  readonly partition: number
  /** Settles once the reader is at rest; rejects with the reader's error. */
  readonly rest: Promise<void>
  /** Position that the group has of it, as far as is known here. */
  stored: LogCommit | undefined
  readonly #parts: LaneParts
  #queue: LogEntry[] = []
  #queuedBytes = 0
  /** Offset that the next fetched entry should have; undefined before the first. */
  #next: number | undefined
  /** Offset that a fetch left out, and that is asked for once more. */
  #doubted: number | undefined
  #isPaused = true
  #isAssigned = false
  #isLost = false
  #isEnding = false
  #wake: () => void = () => undefined

  constructor(partition: number, parts: LaneParts) {
    this.partition = partition
    this.#parts = parts
    this.rest = this.#run()
    // Who does not look must not be ended by it.
    this.rest.catch(() => undefined)
  }

  /**
   * True while positions of it are ours to store: from its assignment on, when the reader has forgotten whatever it held
   * of the partition before, until another member may hold it.
   */
  get isOurs(): boolean {
    return this.#isAssigned && !this.#isLost
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  /** Where fetching goes on, and whether it is to; undefined before the reader has said where to begin. */
  get next(): number | undefined {
    return this.#next
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Takes entries that were fetched, in order; those that it had already are left out. */
  take(fetched: readonly LogEntry[]): void {
    if (this.#isEnding || this.#next === undefined) return
    const expected = this.#next
    const entries = fetched[0].offset >= expected ? fetched : fetched.filter(({ offset }) => offset >= expected)
    if (entries.length === 0) return
    if (entries[0].offset > expected && !this.#isGap(expected, entries[0].offset)) return
    this.#next = entries[entries.length - 1].offset + 1
    for (const entry of entries) {
      this.#queue.push(entry)
      this.#queuedBytes += entry.value.length
    }
    if (!this.#isPaused && this.#queuedBytes >= this.#parts.queueBytes) {
      this.#isPaused = true
      this.#parts.pause(this)
    }
    this.#wake()
  }

  /** True if records are missing in the log: if they are left out of a second fetch too. */
  #isGap(from: number, to: number): boolean {
    const isSecond = this.#doubted === from
    this.#doubted = isSecond ? undefined : from
    if (isSecond) this.#parts.missed(this, from, to)
    else this.#parts.fetchAgain(this, from)
    return isSecond
  }

  /** Ends it: the batch at hand is the last. */
  end(): void {
    this.#isEnding = true
    this.#queue = []
    this.#wake()
  }

  /** Ends it because the partition was taken away. */
  lose(): void {
    this.#isLost = true
    this.end()
  }

  async #run(): Promise<void> {
    await this.#parts.previous
    if (this.#isEnding) return
    this.stored = await this.#parts.committed(this)
    if (this.#isEnding) return
    const { reader } = this.#parts
    this.#isAssigned = true
    try {
      const wanted = (await reader.assign(this.partition, this.stored)) ?? this.stored?.offset
      if (!this.#isEnding) await this.#begin(wanted)
      while (!this.#isEnding) await this.#step()
    } catch (cause) {
      this.end()
      await reader.revoke(this.partition).catch(() => undefined)
      throw cause
    }
    await reader.revoke(this.partition)
  }

  async #begin(wanted: number | undefined): Promise<void> {
    this.#next = await this.#parts.begin(this, wanted)
    if (this.#isEnding) return
    this.#isPaused = false
    this.#parts.resume(this)
  }

  async #step(): Promise<void> {
    if (this.#queue.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      return
    }
    await this.#parts.reader.read(this.partition, this.#takeBatch())
    // A reader that never waits for anything must not keep the event loop for itself.
    await new Promise((resolve) => setImmediate(resolve))
  }

  #takeBatch(): LogEntry[] {
    let bytes = 0
    let count = 0
    while (count < this.#queue.length && count < READ_ENTRIES && (count === 0 || bytes < READ_BYTES)) {
      bytes += this.#queue[count++].value.length
    }
    const batch = this.#queue.splice(0, count)
    this.#queuedBytes -= bytes
    if (this.#isPaused && this.#queuedBytes < this.#parts.queueBytes / 2) {
      this.#isPaused = false
      this.#parts.resume(this)
    }
    return batch
  }
}
