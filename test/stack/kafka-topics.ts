import { Kafka, logLevel } from 'kafkajs'
import { initTopics } from '../../adapters/kafka/init-topics.js'
import { plannedTopics } from '../../adapters/kafka/topics.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Config } from '../../schemas/config/schema.js'

export const silent = { debug() {}, info() {}, warn() {}, error() {} }
const BROKER = '127.0.0.1:19392'
export function kafkaConfig(prefix: string): Config {
  return loadConfig({
    env: {},
    overrides: { 'kafka.brokers': [BROKER], 'kafka.topic_prefix': prefix, 'log.partitions': 3 },
  })
}
const admin = new Kafka({ brokers: [BROKER], logLevel: logLevel.NOTHING }).admin()
export async function makeTopics(config: Config) {
  await initTopics(config, silent)
}
export async function removeTopics(config: Config) {
  await admin.connect()
  await admin.deleteTopics({ topics: plannedTopics(config).map((p) => p.name) })
}
