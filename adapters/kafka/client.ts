import kafkajs, {
  type Admin,
  type Assigner,
  type Broker as ClientBroker,
  type Cluster,
  type CompressionTypes,
  type Consumer,
  type FetchOffsetsPartition,
  type Kafka,
  type KafkaMessage,
  type PartitionAssigner,
  type SASLOptions,
} from 'kafkajs'
import Broker from 'kafkajs/src/broker/index.js'
import type { LogCommit, LogEntry } from '../../schemas/ports/log.js'
import type { Logger } from '../../schemas/ports/logger.js'
import { assignPartitions, decodeClaim, encodeClaim } from './assign-partitions.js'
import type {
  BatchProducer,
  GroupConsumer,
  GroupListener,
  Membership,
  TopicAdmin,
  TopicPlan,
  TopicState,
  TopicView,
} from './client-parts.js'
import { type Codec, codecs } from './codecs.js'
import type { Compression, KafkaConnection } from './connection.js'
import { isDenied } from './faults.js'
import { encodeProduceRequests } from './produce-request.js'
import { releaseOf } from './release.js'

// As a CommonJS module it has its names only on its default export.
const { AssignerProtocol, CompressionCodecs, ConfigResourceTypes, logLevel, PartitionAssigners } = kafkajs

/** A request without an answer is given up after this, ms. */
const REQUEST_MS = 10_000
/** New partitions and leaders are noticed within this, ms. */
const METADATA_MAX_AGE_MS = 20_000
/** Tries of one request before its error is told, and the pauses between them, ms: some 3 s. */
const RETRY = { retries: 6, initialRetryTime: 100, maxRetryTime: 1000 }
/** A consumer sits out a broker's restart of some 15 s before it gives up. */
const CONSUMER_RETRY = { retries: 10, initialRetryTime: 200, maxRetryTime: 2000 }
/**
 * How a member is seen to be gone (10 s without a heartbeat), how long a rebalance waits for the others, how soon it is
 * heard of, and how long a fetch waits for data: a partition that is resumed waits for the fetch under way.
 */
const GROUP = { sessionTimeout: 10_000, rebalanceTimeout: 15_000, heartbeatInterval: 500, maxWaitTimeInMs: 200 }
/** Bytes of one fetch as they travel, in all and from one partition: unpacked they may be thirty times as many. */
const FETCH = { minBytes: 1, maxBytes: 4 << 20, maxBytesPerPartition: 1 << 20 }

/** Source of a setting that stands at the topic itself. */
const TOPIC_CONFIG = 1
const NOTHING = Buffer.alloc(0)

const COMPRESSION: Record<Compression, CompressionTypes> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
}

const forClient = ({ compress, decompress }: Codec) => ({
  // What is to be compressed comes wrapped in the client's encoder.
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress,
})
CompressionCodecs[kafkajs.CompressionTypes.Snappy] = () => forClient(codecs.snappy)
CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => forClient(codecs.lz4)
CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => forClient(codecs.zstd)
encodeProduceRequests(Broker.prototype, (codec) =>
  codec === kafkajs.CompressionTypes.None
    ? undefined
    : (buffer) => CompressionCodecs[codec as keyof typeof CompressionCodecs]().compress({ buffer }),
)

/** All that is asked of kafkajs. */
export class KafkaClient {
  readonly #kafka: Kafka

  constructor({ brokers, clientId, ssl, sasl }: KafkaConnection, logger: Logger) {
    this.#kafka = new kafkajs.Kafka({
      brokers,
      clientId,
      ssl,
      sasl: sasl as SASLOptions | undefined,
      connectionTimeout: 5000,
      requestTimeout: REQUEST_MS,
      retry: RETRY,
      // Its lines tell of each try; what they come to is told by our errors.
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ namespace, log: { message, timestamp: _, logger: __, ...fields } }) =>
          logger.debug(fields, `kafkajs ${namespace}: ${message}`),
    })
  }

  /** A connected producer with an id of its own. */
  async producer(compression: Compression): Promise<BatchProducer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    })
    await producer.connect()
    return {
      async send(topic, records, nowMs) {
        const timestamp = String(nowMs)
        const messages = records.map(({ partition, value }) => ({ partition, value, timestamp }))
        const options = { compression: COMPRESSION[compression], acks: -1, timeout: REQUEST_MS / 2 }
        const stored = await producer.send({ topic, messages, ...options })
        return new Set(stored.map(({ partition }) => partition))
      },
      close: () => producer.disconnect(),
    }
  }

  consumer(topic: string, groupId: string, listener: GroupListener): GroupConsumer {
    let cluster: Cluster | undefined
    const assigner: PartitionAssigner = (given) => {
      cluster = given.cluster
      return stickyAssigner(given.cluster, listener)
    }
    const consumer = this.#kafka.consumer({
      groupId,
      ...GROUP,
      ...FETCH,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      partitionAssigners: [assigner],
      retry: { ...CONSUMER_RETRY, restartOnFailure: async () => false },
    })
    tell(consumer, topic, listener)
    return new KafkajsConsumer(consumer, cluster!, topic, groupId, listener)
  }

  topicView(): TopicView {
    const cluster = this.#cluster()
    const partitionsOf = async (topic: string) => {
      await cluster.connect()
      await cluster.addTargetTopic(topic)
      // Asked each time: a partition that was added counts at once.
      await cluster.refreshMetadata()
      return partitionsIn(cluster, topic).map((partition) => ({ partition }))
    }
    return {
      partitions: async (topic) => (await partitionsOf(topic)).length,
      async bounds(topic) {
        const partitions = await partitionsOf(topic)
        // The ends come after the starts: retention may move a start, never beyond an end that is told later.
        const [starts] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: true }])
        const [ends] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }])
        const endOf = new Map(ends.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
        const startOf = new Map(starts.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
        return partitions.map(({ partition }) => ({
          partition,
          start: startOf.get(partition)!,
          end: endOf.get(partition)!,
        }))
      },
      close: () => cluster.disconnect(),
    }
  }

  async admin(): Promise<TopicAdmin> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const cluster = this.#cluster()
    const type = ConfigResourceTypes.TOPIC
    return {
      async cluster() {
        await cluster.connect()
        await cluster.refreshMetadata()
        const [{ brokers }, broker] = [await admin.describeCluster(), await cluster.findControllerBroker()]
        return { brokers: brokers.length, release: releaseOf(await broker.apiVersions()) }
      },
      topics: (names) => describeTopics(admin, names),
      async create({ name, partitions, replication, settings }) {
        const configEntries = entriesOf(settings)
        const topic = { topic: name, numPartitions: partitions, replicationFactor: replication, configEntries }
        await admin.createTopics({ topics: [topic], waitForLeaders: false })
      },
      async addPartitions(name, count) {
        await admin.createPartitions({ topicPartitions: [{ topic: name, count }] })
      },
      async setSettings(name, settings) {
        const configEntries = entriesOf(settings)
        await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] })
      },
      async close() {
        await Promise.all([admin.disconnect(), cluster.disconnect()])
      },
    }
  }

  /** The connections of a consumer that never runs: the client hands them out to no one else than its assigners. */
  #cluster(): Cluster {
    let cluster: Cluster | undefined
    const take: PartitionAssigner = (given) => {
      cluster = given.cluster
      return PartitionAssigners.roundRobin(given)
    }
    const options = { metadataMaxAge: METADATA_MAX_AGE_MS, allowAutoTopicCreation: false, partitionAssigners: [take] }
    this.#kafka.consumer({ groupId: 'none', ...options })
    return cluster!
  }
}

class KafkajsConsumer implements GroupConsumer {
  /** Settles once the first join is through or has failed: stopped before that, the client would run on. */
  #started: Promise<void> = Promise.resolve()
  #coordinator: ClientBroker | undefined

  constructor(
    readonly consumer: Consumer,
    readonly cluster: Cluster,
    readonly topic: string,
    readonly groupId: string,
    readonly listener: GroupListener,
  ) {}

  start(): void {
    this.#started = this.#run().catch((cause) => this.listener.crashed(cause))
  }

  async #run(): Promise<void> {
    await this.consumer.connect()
    await this.consumer.subscribe({ topics: [this.topic], fromBeginning: true })
    await this.consumer.run({
      autoCommit: false,
      // Never waits: one partition's reader must not hold up the fetches of the others.
      eachBatch: async ({ batch }) => this.listener.fetched(batch.partition, batch.messages.map(entryOf)),
    })
  }

  pause(partitions: readonly number[]): void {
    this.#steer(() => this.consumer.pause([{ topic: this.topic, partitions: [...partitions] }]))
  }

  resume(partitions: readonly number[]): void {
    this.#steer(() => this.consumer.resume([{ topic: this.topic, partitions: [...partitions] }]))
  }

  seek(partition: number, offset: number): void {
    this.#steer(() => this.consumer.seek({ topic: this.topic, partition, offset: String(offset) }))
  }

  /** A consumer that crashed throws at everything, some time before it tells of its crash. */
  #steer(act: () => void): void {
    try {
      act()
    } catch {
      // It fetches nothing any more.
    }
  }

  async committed(partition: number): Promise<LogCommit | undefined> {
    const topics = [{ topic: this.topic, partitions: [{ partition, offset: '0' }] }]
    const { responses } = await this.#ask((broker) => broker.offsetFetch({ groupId: this.groupId, topics }))
    const stored = responses[0].partitions[0] as FetchOffsetsPartition
    // Below 0: nothing is stored, or the client put "the earliest" there (-2) when retention had passed the reader.
    const offset = Number(stored.offset)
    return offset < 0 ? undefined : { offset, metadata: stored.metadata ?? '' }
  }

  async commit({ memberId, generation }: Membership, partition: number, commit: LogCommit): Promise<void> {
    const stored = { partition, offset: String(commit.offset), metadata: commit.metadata }
    const topics = [{ topic: this.topic, partitions: [stored] }]
    const member = { groupId: this.groupId, memberId, groupGenerationId: generation }
    await this.#ask((broker) => broker.offsetCommit({ ...member, topics }))
  }

  async #ask<Answer>(question: (coordinator: ClientBroker) => Promise<Answer>): Promise<Answer> {
    try {
      if (!this.#coordinator?.isConnected())
        this.#coordinator = await this.cluster.findGroupCoordinator({ groupId: this.groupId })
      return await question(this.#coordinator)
    } catch (thrown) {
      this.#coordinator = undefined
      throw thrown
    }
  }

  async close(): Promise<void> {
    await this.#started
    await this.consumer.disconnect()
  }
}

/** Passes on what the client tells of a consumer; its listeners are called before it goes on. */
function tell(consumer: Consumer, topic: string, listener: GroupListener): void {
  const { GROUP_JOIN, REBALANCING, REQUEST, HEARTBEAT, FETCH_START, CRASH } = consumer.events
  consumer.on(REBALANCING, () => listener.rebalancing())
  // Not every rebalance is announced; this answer comes before the client takes up the new generation.
  consumer.on(REQUEST, ({ payload }) => {
    if (payload.apiName === 'JoinGroup') listener.rebalancing()
  })
  consumer.on(GROUP_JOIN, ({ payload }) => listener.shared(payload.memberId, payload.memberAssignment[topic] ?? []))
  consumer.on(HEARTBEAT, ({ payload: { memberId, groupGenerationId } }) =>
    listener.confirmed({ memberId, generation: groupGenerationId }),
  )
  consumer.on(FETCH_START, () => listener.turned())
  consumer.on(CRASH, ({ payload }) => listener.crashed(payload.error))
}

/** Members say what they hold when they join, and keep it if the shares allow. */
function stickyAssigner(cluster: Cluster, listener: GroupListener): Assigner {
  const { MemberMetadata, MemberAssignment } = AssignerProtocol
  const [name, version] = ['tidemark-sticky', 0]
  return {
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: encodeClaim(listener.claim()) }),
    }),
    async assign({ members, topics: [topic] }) {
      const claims = members.map(({ memberId, memberMetadata }) =>
        decodeClaim(memberId, MemberMetadata.decode(memberMetadata)?.userData),
      )
      return [...assignPartitions(partitionsIn(cluster, topic), claims)].map(([memberId, share]) => {
        const assignment = { [topic]: share }
        return { memberId, memberAssignment: MemberAssignment.encode({ version, assignment, userData: NOTHING }) }
      })
    },
  }
}

async function describeTopics(admin: Admin, names: readonly string[]): Promise<TopicState[]> {
  const known = new Set(await admin.listTopics())
  const topics = names.filter((name) => known.has(name))
  if (topics.length === 0) return []
  const { topics: states } = await admin.fetchTopicMetadata({ topics })
  const resources = topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }))
  const described = await admin.describeConfigs({ resources, includeSynonyms: false }).catch((cause) => {
    if (isDenied(cause)) return undefined
    throw cause
  })
  return states.map(({ name, partitions }) => {
    const entries = described?.resources.find(({ resourceName }) => resourceName === name)?.configEntries
    const own = entries?.filter(({ configSource }) => configSource === TOPIC_CONFIG) ?? []
    return {
      name,
      partitions: partitions.length,
      replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      settings: entries && new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
      ownSettings: own.map(({ configName }) => configName),
    }
  })
}

function entryOf({ offset, timestamp, value }: KafkaMessage): LogEntry {
  return { offset: Number(offset), appendedMs: Number(timestamp), value: value ?? NOTHING }
}

function entriesOf(settings: TopicPlan['settings']): { name: string; value: string }[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value }))
}

/** The partitions that are known, in ascending order. */
function partitionsIn(cluster: Cluster, topic: string): number[] {
  const known = cluster.findTopicPartitionMetadata(topic)
  return known.map(({ partitionId }) => partitionId).sort((a, b) => a - b)
}
