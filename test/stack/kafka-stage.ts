import { randomUUID } from 'node:crypto'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { initTopics } from '../../adapters/kafka/init-topics.js'
import { createKafkaLog, type KafkaLog } from '../../adapters/kafka/log.js'
import { groupName, plannedTopics, topicName } from '../../adapters/kafka/topics.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'
import type { TidemarkError } from '../../schemas/errors.js'
import type { LogCommit } from '../../schemas/ports/log.js'

export const POINTS = 'tidemark.points'
export const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Topics of a test's own on a broker, and what may be asked of it without our adapter. */
export interface KafkaStage {
  config: Config
  /** Opens a log on them; each is like another process. */
  open(): Promise<KafkaLog>
  /** What the logs reported, oldest first. */
  errors: TidemarkError[]
  admin: Admin
  /** Name of the topic of points. */
  points: string
  /** What a group has stored for a partition of the points. */
  stored(group: string, partition: number): Promise<LogCommit | undefined>
  /** Removes the points of a partition before an offset, as retention does. */
  removeBefore(partition: number, offset: number): Promise<void>
  /** Closes every log and removes the topics. */
  close(): Promise<void>
}

/** Makes the topics under a name of their own. @param settings more of the config, by dotted key */
export async function kafkaStage(brokers: string[], settings: Record<string, unknown> = {}): Promise<KafkaStage> {
  const stage = await emptyStage(brokers, settings)
  await initTopics(stage.config, silent)
  return stage
}

/** The same without the topics. */
export async function emptyStage(brokers: string[], settings: Record<string, unknown> = {}): Promise<KafkaStage> {
  const prefix = `t${randomUUID().slice(0, 8)}.`
  const base = { 'kafka.brokers': brokers, 'kafka.topic_prefix': prefix, 'log.partitions': 3 }
  const config = loadConfig({ env: {}, overrides: { ...base, ...settings } })
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const errors: TidemarkError[] = []
  const logs: KafkaLog[] = []
  const points = topicName(config, POINTS)
  return {
    config,
    errors,
    admin,
    points,
    async open() {
      const onError = (error: TidemarkError) => void errors.push(error)
      const log = await createKafkaLog(config, { clock: Date.now, logger: silent, onError })
      logs.push(log)
      return log
    },
    async stored(group, partition) {
      const groupId = groupName(config, POINTS, group)
      const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [points] })
      const found = partitions.find((one) => one.partition === partition)!
      return Number(found.offset) < 0 ? undefined : { offset: Number(found.offset), metadata: found.metadata ?? '' }
    },
    async removeBefore(partition, offset) {
      // This client deletes only of topics that it asked about before.
      await admin.fetchTopicOffsets(points)
      await admin.deleteTopicRecords({ topic: points, partitions: [{ partition, offset: String(offset) }] })
    },
    async close() {
      await Promise.all(logs.map((log) => log.close()))
      const names = plannedTopics(config).map(({ name }) => name)
      const made = (await admin.listTopics()).filter((name) => names.includes(name))
      if (made.length > 0) await admin.deleteTopics({ topics: made })
      await admin.disconnect()
    },
  }
}
