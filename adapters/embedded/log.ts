import { TidemarkError } from '../../schemas/errors.js'
import type {
  Log,
  LogAppend,
  LogBounds,
  LogCommit,
  LogReader,
  LogSubscription,
  Topic,
} from '../../schemas/ports/log.js'
import type { Clock } from '../../schemas/time.js'
import { commitOrExplain, type Environment, openEnvironment } from './environment.js'
import { GroupCommit } from './group-commit.js'
import { keyOffset, laneKey, TOPICS } from './log-keys.js'
import { LogLane, type LogTables } from './log-lane.js'
import { EmbeddedSubscription } from './log-subscription.js'

/** How the embedded log is set up. */
export interface EmbeddedLogOptions {
  /** Folder of its own. */
  folder: string
  /** Partitions of points and windows. A log that has more already keeps them; dead letters have one. */
  partitions: number
  /** How long records are kept, ms, by topic. */
  retentionMs: Readonly<Record<Topic, number>>
  clock: Clock
}

/** Records removed by one transaction of a trim: small, so that appends are not held up. */
const TRIM_STEP = 256

/**
 * The log in one lmdb environment. Values are compressed (LZ4): a record of sparse series is mostly their labels and
 * shrinks to a fifth, which counts for more over a day's retention than the 3 ms of CPU that 10,000 series take.
 */
export class EmbeddedLog implements Log {
  readonly #environment: Environment
  readonly #tables: LogTables
  readonly #lanes = new Map<Topic, LogLane[]>()
  readonly #writer: GroupCommit
  readonly #options: EmbeddedLogOptions
  readonly #subscriptions = new Map<string, EmbeddedSubscription>()
  #closed = false

  constructor(options: EmbeddedLogOptions) {
    this.#options = options
    this.#environment = openEnvironment(options.folder, true)
    const table = (name: string) => this.#environment.table(name)
    this.#tables = { records: table('records'), starts: table('starts'), commits: table('commits') }
    this.#writer = new GroupCommit(this.#environment.root, () => {
      for (const lane of this.#allLanes()) lane.reload()
    })
    for (const topic of TOPICS) this.#lanes.set(topic, this.#openLanes(topic))
  }

  async partitions(topic: Topic): Promise<number> {
    return this.#topic(topic).length
  }

  /** Takes over the records' bytes: they must not change from now on, and readers may be given the very same. */
  async append(topic: Topic, records: readonly LogAppend[]): Promise<void> {
    if (records.length === 0) return
    const lanes = this.#topic(topic)
    const ends = new Map<LogLane, number>()
    const bytes = records.reduce((total, record) => total + record.value.length, 0)
    for (const { partition } of records) {
      if (!lanes[partition])
        throw new TidemarkError('TM_INTERNAL', { reason: `${topic} has no partition ${partition}` })
    }
    await this.#commit(bytes, () => {
      const appendedMs = this.#options.clock()
      for (const { partition, value } of records) {
        ends.set(lanes[partition], lanes[partition].put(value, appendedMs) + 1)
      }
    })
    for (const [lane, end] of ends) lane.publish(end)
  }

  async consume(topic: Topic, group: string, reader: LogReader): Promise<LogSubscription> {
    this.#requireOpen()
    const name = `${topic}\0${group}`
    if (this.#subscriptions.has(name)) {
      throw new TidemarkError('TM_LOG_UNAVAILABLE', { reason: `group ${group} reads ${topic} already in this process` })
    }
    const positions = {
      committed: (lane: LogLane) => this.#committed(lane, group),
      commit: (lane: LogLane, commit: LogCommit) => this.#store(lane, group, commit),
    }
    const subscription = new EmbeddedSubscription(this.#topic(topic), reader, positions, () => {
      this.#subscriptions.delete(name)
    })
    this.#subscriptions.set(name, subscription)
    return subscription
  }

  async bounds(topic: Topic): Promise<LogBounds[]> {
    return this.#topic(topic).map((lane) => ({ partition: lane.lane.partition, start: lane.start, end: lane.end }))
  }

  /** Removes records older than their topic's retention, a few at a time. To be called now and then by the owner. */
  async trim(nowMs: number): Promise<void> {
    for (const lane of this.#allLanes()) {
      const beforeMs = nowMs - this.#options.retentionMs[lane.lane.topic]
      let expired = lane.expired(beforeMs, TRIM_STEP)
      if (expired.length === 0) continue
      while (expired.length > 0) {
        const step = expired
        await this.#commit(0, () => lane.remove(step))
        lane.trimmed(keyOffset(step[step.length - 1]) + 1)
        expired = step.length < TRIM_STEP || this.#closed ? [] : lane.expired(beforeMs, TRIM_STEP)
      }
      // Pages freed by one transaction serve from the next but one on: a full disk takes records again at once.
      if (!this.#closed) await this.#commit(0, () => lane.putStart())
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await Promise.all([...this.#subscriptions.values()].map((subscription) => subscription.close()))
    this.#closed = true
    await this.#writer.rest()
    await this.#environment.root.close()
  }

  #committed(lane: LogLane, group: string): LogCommit | undefined {
    const stored = this.#tables.commits.getBinary(laneKey(lane.lane, group))
    return stored && (JSON.parse(stored.toString()) as LogCommit)
  }

  #store(lane: LogLane, group: string, commit: LogCommit): Promise<void> {
    const { offset, metadata } = commit
    const value = Buffer.from(JSON.stringify({ offset, metadata }))
    return this.#commit(value.length, () => void this.#tables.commits.put(laneKey(lane.lane, group), value))
  }

  async #commit(bytes: number, write: () => void): Promise<void> {
    this.#requireOpen()
    await commitOrExplain(this.#environment, 'TM_LOG_UNAVAILABLE', () => this.#writer.submit(bytes, write))
  }

  #requireOpen(): void {
    if (this.#closed) throw new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'it is closed' })
  }

  #topic(topic: Topic): LogLane[] {
    return this.#lanes.get(topic)!
  }

  #allLanes(): LogLane[] {
    return [...this.#lanes.values()].flat()
  }

  /** Opens the lanes of a topic, and any beyond the wanted number that holds records. */
  #openLanes(topic: Topic): LogLane[] {
    const wanted = topic === 'tidemark.deadletter' ? 1 : this.#options.partitions
    const lanes: LogLane[] = []
    for (let partition = 0; ; partition++) {
      const lane = new LogLane({ topic, partition }, this.#tables)
      if (partition >= wanted && lane.end === 0) return lanes
      lanes.push(lane)
    }
  }
}
