import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Log, LogAppend, LogBounds, LogReader, LogSubscription, Topic } from '../../schemas/ports/log.js'
import type { Logger } from '../../schemas/ports/logger.js'
import type { Clock } from '../../schemas/time.js'
import { Appender } from './appender.js'
import { KafkaClient } from './client.js'
import type { TopicView } from './client-parts.js'
import { type Compression, connectionOf } from './connection.js'
import { faultOf, logError } from './faults.js'
import { FreshAnswers } from './fresh-answers.js'
import type { RequestLimits } from './send-queue.js'
import { KafkaSubscription } from './subscription.js'
import { groupName, topicName, USUAL_BATCH_BYTES } from './topics.js'

/** Bytes and records of one produce request. */
const REQUEST_BYTES = 8 << 20
const REQUEST_RECORDS = 500
/** How long a topic's limit is taken for known, ms. */
const LIMITS_MS = 30_000
/** How often a partition whose leader moves is asked, and the pause in between, ms. */
const LEADER_TRIES = 10
const LEADER_PAUSE_MS = 200

/** What a Kafka log works with besides its settings. */
export interface KafkaLogOptions {
  clock: Clock
  /** Lines of the client itself, at level debug. */
  logger: Logger
  /** Told of what heals by itself: readers that restart, brokers that are asked again; and of records that expired unread. */
  onError: (error: TidemarkError) => void
}

/** What a Kafka log counted since it was opened. */
export interface KafkaLogCounts {
  /** Consumers that ended or were stuck and were replaced. */
  readerRestarts: number
  /** Connections for appending that were replaced after an error. */
  producerRestarts: number
}

/**
 * Opens the log in Kafka. Nothing is asked of the brokers yet: a cluster that is away is told by the first call.
 * @throws TM_CONFIG for certificates that cannot be read
 */
export async function createKafkaLog(config: Config, options: KafkaLogOptions): Promise<KafkaLog> {
  return new KafkaLog(config, new KafkaClient(await connectionOf(config.kafka), options.logger), options)
}

/**
 * The log in Kafka. Each of our topics is one there, each group of a topic one consumer group; a position's metadata are
 * those of the offset. A group's members, in whichever processes, share its partitions; one that is killed is replaced
 * after 10 s, one that leaves at once.
 */
export class KafkaLog implements Log {
  readonly #config: Config
  readonly #client: KafkaClient
  readonly #options: KafkaLogOptions
  readonly #appenders = new Map<Topic, Appender>()
  readonly #subscriptions = new Set<KafkaSubscription>()
  readonly #bounds = new FreshAnswers((name) => this.#ask(name, (view) => view.bounds(name)))
  #view: TopicView | undefined
  #counts = { readerRestarts: 0, producerRestarts: 0 }
  #isClosed = false

  constructor(config: Config, client: KafkaClient, options: KafkaLogOptions) {
    this.#config = config
    this.#client = client
    this.#options = options
  }

  counts(): KafkaLogCounts {
    return { ...this.#counts }
  }

  /** Throws TM_LOG_UNAVAILABLE, TM_LOG_TOPIC, TM_LOG_DENIED. */
  partitions(topic: Topic): Promise<number> {
    const name = topicName(this.#config, topic)
    return this.#ask(name, (view) => view.partitions(name))
  }

  /** Throws TM_LOG_UNAVAILABLE, TM_LOG_TOPIC, TM_LOG_DENIED. */
  bounds(topic: Topic): Promise<LogBounds[]> {
    return this.#bounds.get(topicName(this.#config, topic))
  }

  /** Throws what {@link Appender.append} throws. */
  append(topic: Topic, records: readonly LogAppend[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed())
    let appender = this.#appenders.get(topic)
    if (!appender) {
      appender = this.#openAppender(topic)
      this.#appenders.set(topic, appender)
    }
    return appender.append(records)
  }

  /** Throws TM_LOG_UNAVAILABLE, TM_LOG_TOPIC, TM_LOG_DENIED if the topic cannot be seen; later outages are waited out. */
  async consume(topic: Topic, group: string, reader: LogReader): Promise<LogSubscription> {
    await this.partitions(topic)
    const { clock, onError } = this.#options
    const name = topicName(this.#config, topic)
    const groupId = groupName(this.#config, topic, group)
    const subscription = new KafkaSubscription({
      topic: name,
      group: groupId,
      reader,
      open: (listener) => this.#client.consumer(name, groupId, listener),
      bounds: () => this.bounds(topic),
      clock,
      onError,
      onRestart: () => void this.#counts.readerRestarts++,
    })
    this.#subscriptions.add(subscription)
    const forget = () => void this.#subscriptions.delete(subscription)
    subscription.ended.then(forget, forget)
    return subscription
  }

  /** Ends every subscription, sends what waits and disconnects. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()))
    this.#isClosed = true
    await Promise.all([...this.#appenders.values()].map((appender) => appender.close()))
    await this.#dropView()
  }

  #openAppender(topic: Topic): Appender {
    const name = topicName(this.#config, topic)
    let producers = 0
    return new Appender({
      topic: name,
      connect: () => {
        if (producers++ > 0) this.#counts.producerRestarts++
        return this.#client.producer(this.#config.kafka.compression as Compression)
      },
      limits: this.#limitsOf(name),
      queueBytes: this.#config.limits.logQueueBytes,
      clock: this.#options.clock,
    })
  }

  /** The limits of a request to a topic, asked for now and then: someone may raise the topic's own. */
  #limitsOf(name: string): () => Promise<RequestLimits> {
    let known: RequestLimits | undefined
    let askedMs = Number.NEGATIVE_INFINITY
    return async () => {
      const nowMs = this.#options.clock()
      if (known && nowMs - askedMs < LIMITS_MS) return known
      askedMs = nowMs
      const batchBytes = (await this.#batchBytes(name)) ?? known?.partitionBytes ?? USUAL_BATCH_BYTES
      const partitionBytes = Math.min(REQUEST_BYTES, batchBytes)
      known = { requestBytes: REQUEST_BYTES, partitionBytes, records: REQUEST_RECORDS }
      return known
    }
  }

  async #batchBytes(name: string): Promise<number | undefined> {
    try {
      const admin = await this.#client.admin()
      try {
        const [state] = await admin.topics([name])
        const bytes = Number(state?.settings?.get('max.message.bytes'))
        return bytes > 0 ? bytes : undefined
      } finally {
        await admin.close()
      }
    } catch {
      // What keeps us from asking keeps us from appending too, and is told there.
      return undefined
    }
  }

  /** Asks about a topic. A leader that moves is waited for; connections that failed once are not used again. */
  async #ask<T>(name: string, question: (view: TopicView) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      if (this.#isClosed) throw closed()
      this.#view ??= this.#client.topicView()
      const view = this.#view
      try {
        return await question(view)
      } catch (thrown) {
        const { kind } = faultOf(thrown)
        if (kind === 'outage' && this.#view === view) await this.#dropView()
        if (kind !== 'leader' || tries === LEADER_TRIES) throw logError(thrown, name)
      }
      await sleep(LEADER_PAUSE_MS)
    }
  }

  async #dropView(): Promise<void> {
    const view = this.#view
    this.#view = undefined
    await view?.close().catch(() => undefined)
  }
}

function closed(): TidemarkError {
  return new TidemarkError('TM_LOG_UNAVAILABLE', { reason: 'it is closed' })
}
