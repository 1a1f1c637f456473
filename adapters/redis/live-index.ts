import type { TimeRange } from '../../schemas/time.js'
import { WINDOW_MS } from '../../schemas/time.js'
import type { RedisConnection } from './connection.js'
import { parseTag, type RedisKeys, type WindowTag } from './keys.js'

/** Windows of one start, as the index names them. */
export interface IndexedWindows extends WindowTag {
  startMs: number
  /** As it stands with the windows. */
  tag: string
}

/** What the index says of one partition. */
export interface PartitionIndex {
  partition: number
  /** False if the partition has not been fed for a while, or its index is lost. */
  isFed: boolean
  feed: string
  fromMs: number
  windows: IndexedWindows[]
}

const FIELDS: ReadonlySet<string> = new Set(['feed', 'from', 'through', 'partitions'])

/** Reads the indexes of all partitions. */
export class LiveIndex {
  readonly #connection: RedisConnection
  readonly #keys: RedisKeys
  /** Partitions that there are, as far as indexes have said. */
  #partitions = 1

  constructor(connection: RedisConnection, keys: RedisKeys) {
    this.#connection = connection
    this.#keys = keys
  }

  /** The index of every partition. @throws ioredis' errors */
  async read(): Promise<PartitionIndex[]> {
    const indexes: PartitionIndex[] = []
    while (indexes.length < this.#partitions) {
      const missing = Array.from({ length: this.#partitions - indexes.length }, (_, i) => indexes.length + i)
      indexes.push(...(await Promise.all(missing.map((partition) => this.readOne(partition)))))
    }
    return indexes
  }

  /** The index of one partition. @throws ioredis' errors */
  async readOne(partition: number): Promise<PartitionIndex> {
    const [fields, alive] = (await this.#connection.pipeline((commands) =>
      commands.hgetall(this.#keys.index(partition)).exists(this.#keys.alive(partition)),
    )) as [Record<string, string>, number]
    const { feed, from, partitions } = fields
    // Who feeds one partition knows how many there are; an index that is lost says nothing.
    this.#partitions = Math.max(this.#partitions, Number(partitions ?? 1))
    const windows = Object.entries(fields).filter(([field]) => !FIELDS.has(field))
    return {
      partition,
      isFed: feed !== undefined && alive === 1,
      feed: feed ?? '',
      fromMs: Number(from ?? 0),
      windows: windows.map(([start, tag]) => ({ startMs: Number(start), tag, ...parseTag(tag) })),
    }
  }

  /**
   * From when on everything that was closed is there: Redis may have evicted what the index names.
   * @returns ms; undefined if the partition is not fed
   * @throws ioredis' errors
   */
  async heldFromMs({ partition, isFed, fromMs, windows }: PartitionIndex): Promise<number | undefined> {
    if (!isFed) return undefined
    const promised = windows.filter(({ closed, startMs }) => closed && startMs >= fromMs)
    const keysOf = ({ startMs, feed }: IndexedWindows) => [
      this.#keys.window(partition, startMs),
      ...this.#keys.series(partition, feed),
    ]
    const keys = [...new Set(promised.flatMap(keysOf))]
    if (keys.length === 0) return fromMs
    const [held] = await this.#connection.pipeline((commands) => commands.exists(keys))
    if (held === keys.length) return fromMs
    const present = await this.#connection.pipeline((commands) => {
      for (const key of keys) commands.exists(key)
    })
    const lost = new Set(keys.filter((_, i) => present[i] !== 1))
    const lostMs = promised.filter((one) => keysOf(one).some((key) => lost.has(key))).map(({ startMs }) => startMs)
    return Math.max(fromMs, ...lostMs.map((startMs) => startMs + WINDOW_MS))
  }
}

/** The windows of an index that start in the range. */
export function windowsIn({ windows }: PartitionIndex, { startMs, endMs }: TimeRange): IndexedWindows[] {
  return windows.filter((one) => one.startMs >= startMs && one.startMs < endMs)
}
