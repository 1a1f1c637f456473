import { setTimeout as sleep } from 'node:timers/promises'
import { TidemarkError } from '../../schemas/errors.js'
import type { LogBounds, LogCommit, LogEntry, LogReader, LogSubscription } from '../../schemas/ports/log.js'
import type { Clock } from '../../schemas/time.js'
import type { GroupConsumer, GroupListener } from './client-parts.js'
import { faultOf, logError } from './faults.js'
import { GroupSession, type SessionOwner } from './group-session.js'
import { Lane } from './lane.js'

/** How often it is looked whether the consumer is stuck, ms. */
const WATCH_MS = 1000
/** Pause before a consumer that ended is replaced, ms; doubled each time in a row up to the longest. */
const REPLACE_MS = 500
const REPLACE_LONGEST_MS = 10_000
/** Pause between tries of a question to the brokers, ms. */
const ASK_AGAIN_MS = 500
/** While the last batches are read at the end, positions can be stored for this long, ms. */
const LAST_COMMITS_MS = 10_000
/** Bytes of fetched entries that may wait for the reader: over all partitions, and the least for one. */
const WAITING_BYTES = 64 << 20
const WAITING_LEAST_BYTES = 4 << 20

/** What a subscription needs. */
export interface SubscriptionParts {
  /** Names in Kafka. */
  topic: string
  group: string
  reader: LogReader
  open(listener: GroupListener): GroupConsumer
  bounds(): Promise<LogBounds[]>
  clock: Clock
  /** Told of restarts, of records that expired, and of questions that are asked again. */
  onError(error: TidemarkError): void
  onRestart(): void
}

/**
 * Reads a group's share of a topic. A rebalance takes from the reader what went to another member, and leaves it the
 * rest with its state. A consumer that ended, or is stuck, is replaced: then the reader loses every partition first and
 * is given them anew from their stored positions.
 */
export class KafkaSubscription implements LogSubscription, SessionOwner {
  readonly ended: Promise<void>
  readonly #parts: SubscriptionParts
  readonly #lanes = new Map<number, Lane>()
  /** By partition, when the reader has forgotten it. */
  readonly #rests = new Map<number, Promise<void>>()
  readonly #watch: NodeJS.Timeout
  #session: GroupSession
  #replacing: NodeJS.Timeout | undefined
  #pauseMs = REPLACE_MS
  #isEnding = false
  #end: (failure?: { cause: unknown }) => void = () => undefined

  constructor(parts: SubscriptionParts) {
    this.#parts = parts
    this.ended = new Promise<{ cause: unknown } | undefined>((resolve) => {
      this.#end = resolve
    }).then((failure) => this.#finish(failure))
    // Who does not look at `ended` must not be ended by it.
    this.ended.catch(() => undefined)
    this.#session = this.#open()
    this.#watch = setInterval(() => this.#lookAfter(), WATCH_MS)
  }

  async commit(partition: number, commit: LogCommit): Promise<void> {
    const lane = this.#lanes.get(partition)
    const session = this.#session
    while (lane?.isOurs) {
      const member = await session.membership()
      if (!member || !lane.isOurs) return
      try {
        await session.consumer.commit(member, partition, commit)
        lane.stored = commit
        return
      } catch (thrown) {
        if (faultOf(thrown).kind !== 'fenced') throw logError(thrown, this.#parts.topic)
        session.distrust(member)
      }
    }
  }

  async close(): Promise<void> {
    this.#end()
    await this.ended.catch(() => undefined)
  }

  held(): readonly number[] {
    return [...this.#lanes.keys()]
  }

  shared(partitions: readonly number[]): void {
    const { consumer } = this.#session
    for (const lane of [...this.#lanes.values()]) if (!partitions.includes(lane.partition)) this.#lose(lane)
    for (const partition of partitions) {
      const lane = this.#lanes.get(partition)
      // The client forgets at each rebalance how far it has fetched.
      if (lane?.next !== undefined) consumer.seek(partition, lane.next)
      if (lane?.next === undefined || lane.isPaused) consumer.pause([partition])
    }
  }

  settled(partitions: readonly number[], isContinuous: boolean): void {
    this.#pauseMs = REPLACE_MS
    if (!isContinuous) this.#loseAll()
    if (this.#isEnding) return
    const queueBytes = Math.max(WAITING_LEAST_BYTES, WAITING_BYTES / partitions.length)
    for (const partition of partitions) if (!this.#lanes.has(partition)) this.#openLane(partition, queueBytes)
  }

  fetched(partition: number, entries: LogEntry[]): void {
    this.#lanes.get(partition)?.take(entries)
  }

  crashed(cause: unknown): void {
    const { topic } = this.#parts
    const { kind, reason } = faultOf(cause)
    this.#replace(kind === 'outage' || kind === 'fenced' ? this.#restarted(reason) : logError(cause, topic))
  }

  #open(): GroupSession {
    const { open, clock } = this.#parts
    const session = new GroupSession(open, this, clock)
    session.consumer.start()
    return session
  }

  #lookAfter(): void {
    const reason = this.#session.stuck()
    if (reason) this.#replace(this.#restarted(reason))
  }

  #restarted(reason: string): TidemarkError {
    const { group, topic } = this.#parts
    return new TidemarkError('TM_LOG_READER_RESTARTED', { group, topic, reason })
  }

  /** Drops the consumer with all that came of it, and starts another. */
  #replace(error: TidemarkError): void {
    this.#loseAll()
    void this.#session.end()
    this.#parts.onRestart()
    this.#parts.onError(error)
    if (this.#isEnding) return
    this.#replacing = setTimeout(() => {
      this.#session = this.#open()
    }, this.#pauseMs)
    this.#pauseMs = Math.min(this.#pauseMs * 2, REPLACE_LONGEST_MS)
  }

  #openLane(partition: number, queueBytes: number): void {
    const session = this.#session
    const { reader } = this.#parts
    session.consumer.pause([partition])
    const lane = new Lane(partition, {
      reader,
      previous: (this.#rests.get(partition) ?? Promise.resolve()).catch(() => undefined),
      committed: (lane) => this.#ask(lane, () => session.consumer.committed(partition)),
      begin: (lane, wanted) => this.#begin(lane, session, wanted),
      pause: () => session.consumer.pause([partition]),
      resume: () => session.consumer.resume([partition]),
      fetchAgain: (_, from) => session.consumer.seek(partition, from),
      missed: (lane, from, to) => this.#missed(lane, from, to),
      queueBytes,
    })
    this.#lanes.set(partition, lane)
    this.#rests.set(partition, lane.rest)
    lane.rest.catch((cause) => this.#end({ cause }))
  }

  async #begin(lane: Lane, session: GroupSession, wanted: number | undefined): Promise<number> {
    const { partition } = lane
    const bound = await this.#ask(lane, async () => {
      const found = (await this.#parts.bounds()).find((one) => one.partition === partition)
      if (!found) throw new Error(`partition ${partition} has no offsets yet`)
      return found
    })
    if (!bound) return 0
    if (wanted !== undefined && wanted < bound.start) this.#expired(partition, wanted, bound.start)
    const isHeld = wanted !== undefined && wanted >= bound.start && wanted <= bound.end
    const from = isHeld ? wanted : bound.start
    session.consumer.seek(partition, from)
    return from
  }

  /** The answer of the brokers, however often it takes; undefined once the lane has ended. */
  async #ask<T>(lane: Lane, question: () => Promise<T>): Promise<T | undefined> {
    while (!lane.isEnding) {
      try {
        return await question()
      } catch (thrown) {
        if (lane.isEnding) return undefined
        this.#parts.onError(logError(thrown, this.#parts.topic))
        await sleep(ASK_AGAIN_MS)
      }
    }
    return undefined
  }

  /** Retention passed the reader. The client has put "the earliest" in place of the group's position, without metadata. */
  #missed(lane: Lane, from: number, to: number): void {
    this.#expired(lane.partition, from, to)
    if (lane.stored) this.commit(lane.partition, lane.stored).catch((thrown) => this.#parts.onError(thrown))
  }

  #expired(partition: number, from: number, to: number): void {
    const { topic, group, onError } = this.#parts
    onError(new TidemarkError('TM_LOG_RECORDS_EXPIRED', { topic, group, partition, from, to: to - 1 }))
  }

  #lose(lane: Lane): void {
    this.#lanes.delete(lane.partition)
    lane.lose()
  }

  #loseAll(): void {
    for (const lane of [...this.#lanes.values()]) this.#lose(lane)
  }

  async #finish(failure: { cause: unknown } | undefined): Promise<void> {
    this.#isEnding = true
    clearInterval(this.#watch)
    clearTimeout(this.#replacing)
    for (const lane of this.#lanes.values()) lane.end()
    this.#session.consumer.pause(this.held())
    // The last batches may wait for a rebalance to store their positions, but not for ever.
    const lastCommits = setTimeout(() => void this.#session.end(), LAST_COMMITS_MS)
    await Promise.allSettled(this.#rests.values())
    clearTimeout(lastCommits)
    await this.#session.end()
    if (failure) throw failure.cause
  }
}
