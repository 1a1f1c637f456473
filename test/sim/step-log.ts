import type {
  Log,
  LogAppend,
  LogBounds,
  LogCommit,
  LogEntry,
  LogReader,
  LogSubscription,
  Topic,
} from '../../schemas/ports/log.js'
import type { Gate } from './gate.js'

/** Everything that a topic of the real log holds, as its own reader gets it. */
export class LogMirror implements LogReader {
  readonly #log: Log
  readonly #topic: Topic
  readonly #entries = new Map<number, LogEntry[]>()
  #subscription: LogSubscription | undefined

  private constructor(log: Log, topic: Topic) {
    this.#log = log
    this.#topic = topic
  }

  static async open(log: Log, topic: Topic): Promise<LogMirror> {
    const mirror = new LogMirror(log, topic)
    mirror.#subscription = await log.consume(topic, 'mirror', mirror)
    return mirror
  }

  async assign(): Promise<undefined> {}
  async revoke(): Promise<void> {}

  async read(partition: number, entries: LogEntry[]): Promise<void> {
    this.#entries.set(partition, [...this.entries(partition), ...entries])
  }

  entries(partition: number): readonly LogEntry[] {
    return this.#entries.get(partition) ?? []
  }

  /** Resolves once it holds all that the log holds. @returns the end of each partition */
  async caughtUp(): Promise<number[]> {
    const bounds = await this.#log.bounds(this.#topic)
    while (bounds.some(({ partition, end }) => this.entries(partition).length < end)) await turn()
    return bounds.map(({ end }) => end)
  }

  async close(): Promise<void> {
    await this.#subscription?.close()
  }
}

/**
 * The log as one simulated process sees it: the real one behind the gate, but nothing is handed to its readers until
 * the schedule says so. Commits are the real log's.
 */
export class StepLog implements Log {
  readonly groups = new Map<string, GroupReading>()
  readonly #log: Log
  readonly #mirror: LogMirror
  readonly #gate: Gate

  constructor(log: Log, mirror: LogMirror, gate: Gate) {
    this.#log = log
    this.#mirror = mirror
    this.#gate = gate
  }

  partitions(topic: Topic): Promise<number> {
    return this.#log.partitions(topic)
  }

  append(topic: Topic, records: readonly LogAppend[]): Promise<void> {
    return this.#gate.pass('log', () => this.#log.append(topic, records))
  }

  bounds(topic: Topic): Promise<LogBounds[]> {
    return this.#gate.pass('log', () => this.#log.bounds(topic))
  }

  async consume(topic: Topic, group: string, reader: LogReader): Promise<LogSubscription> {
    const positions = await GroupPositions.open(this.#log, topic, group)
    const reading = new GroupReading(reader, positions, this.#mirror)
    this.groups.set(group, reading)
    return {
      commit: (partition, commit) => this.#gate.pass('log', () => positions.commit(partition, commit)),
      close: () => reading.close(),
      ended: new Promise(() => undefined),
    }
  }

  async close(): Promise<void> {
    for (const reading of this.groups.values()) await reading.close()
  }
}

/** One group's reading, step by step. */
export class GroupReading {
  readonly #reader: LogReader
  readonly #positions: GroupPositions
  readonly #mirror: LogMirror
  /** Offset to read next, of the partitions that are assigned. */
  readonly #next = new Map<number, number>()

  constructor(reader: LogReader, positions: GroupPositions, mirror: LogMirror) {
    this.#reader = reader
    this.#positions = positions
    this.#mirror = mirror
  }

  /** The group's stored position. */
  committed(partition: number): LogCommit | undefined {
    return this.#positions.committed(partition)
  }

  async assign(partition: number): Promise<void> {
    const committed = this.#positions.committed(partition)
    const wanted = (await this.#reader.assign(partition, committed)) ?? committed?.offset ?? 0
    this.#next.set(partition, wanted)
  }

  async revoke(partition: number): Promise<void> {
    this.#next.delete(partition)
    await this.#reader.revoke(partition)
  }

  /** Hands over the next entries of a partition. @returns how many */
  async step(partition: number, most: number): Promise<number> {
    await this.#mirror.caughtUp()
    const from = this.#next.get(partition) ?? 0
    const entries = this.#mirror.entries(partition).slice(from, from + most)
    if (entries.length === 0) return 0
    await this.#reader.read(partition, entries)
    this.#next.set(partition, from + entries.length)
    return entries.length
  }

  async close(): Promise<void> {
    this.#next.clear()
    await this.#positions.close()
  }
}

/** Where a group stands, in the real log: a subscription that reads along and looks at nothing. */
class GroupPositions implements LogReader {
  readonly #committed = new Map<number, LogCommit | undefined>()
  #subscription: LogSubscription | undefined

  static async open(log: Log, topic: Topic, group: string): Promise<GroupPositions> {
    const positions = new GroupPositions()
    const partitions = await log.partitions(topic)
    positions.#subscription = await log.consume(topic, group, positions)
    while (positions.#committed.size < partitions) await turn()
    return positions
  }

  async assign(partition: number, committed: LogCommit | undefined): Promise<undefined> {
    this.#committed.set(partition, committed)
  }

  async read(): Promise<void> {}
  async revoke(): Promise<void> {}

  committed(partition: number): LogCommit | undefined {
    return this.#committed.get(partition)
  }

  async commit(partition: number, commit: LogCommit): Promise<void> {
    await this.#subscription?.commit(partition, commit)
    this.#committed.set(partition, commit)
  }

  async close(): Promise<void> {
    await this.#subscription?.close()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
