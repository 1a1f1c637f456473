import type { LogCommit, LogReader, LogSubscription } from '../../schemas/ports/log.js'
import type { LogLane } from './log-lane.js'

/** What a subscription needs of the log. */
export interface LogPositions {
  committed(lane: LogLane): LogCommit | undefined
  commit(lane: LogLane, commit: LogCommit): Promise<void>
}

/** Reads every lane of a topic for one group, each at its own pace. */
export class EmbeddedSubscription implements LogSubscription {
  readonly ended: Promise<void>
  readonly #lanes: readonly LogLane[]
  readonly #reader: LogReader
  readonly #positions: LogPositions
  #closing = false

  /** @param atEnd called once the reader is at rest */
  constructor(lanes: readonly LogLane[], reader: LogReader, positions: LogPositions, atEnd: () => void) {
    this.#lanes = lanes
    this.#reader = reader
    this.#positions = positions
    this.ended = this.#run().finally(atEnd)
    // Who does not look at `ended` must not be ended by it.
    this.ended.catch(() => {})
  }

  commit(partition: number, commit: LogCommit): Promise<void> {
    return this.#positions.commit(this.#lanes[partition], commit)
  }

  async close(): Promise<void> {
    this.#stop()
    await this.ended.catch(() => {})
  }

  #stop(): void {
    this.#closing = true
    for (const lane of this.#lanes) lane.wake()
  }

  async #run(): Promise<void> {
    // The caller holds the subscription before its reader is called.
    await turn()
    const outcomes = await Promise.allSettled(this.#lanes.map((lane) => this.#follow(lane)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }

  /** One lane from assignment to revocation. An error here ends the other lanes too. */
  async #follow(lane: LogLane): Promise<void> {
    if (this.#closing) return
    const { partition } = lane.lane
    try {
      const committed = this.#positions.committed(lane)
      const wanted = (await this.#reader.assign(partition, committed)) ?? committed?.offset ?? lane.start
      // A position that retention has passed, or that this log never reached, starts again at the earliest.
      let offset = wanted < lane.start || wanted > lane.end ? lane.start : wanted
      while (!this.#closing) offset = await this.#step(lane, offset)
    } catch (cause) {
      this.#stop()
      await this.#reader.revoke(partition).catch(() => {})
      throw cause
    }
    await this.#reader.revoke(partition)
  }

  /** Hands over one batch, or waits for records. @returns the next offset */
  async #step(lane: LogLane, offset: number): Promise<number> {
    const entries = offset < lane.end ? lane.read(offset) : []
    if (entries.length === 0) {
      await lane.more()
      return offset
    }
    await this.#reader.read(lane.lane.partition, entries)
    // A reader that never waits for anything must not keep the event loop for itself.
    await turn()
    return entries[entries.length - 1].offset + 1
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
