import { parseDuration } from '../../schemas/config/duration.js'
import type { Config } from '../../schemas/config/schema.js'
import type { Topic } from '../../schemas/ports/log.js'
import type { TopicPlan, TopicState } from './client-parts.js'

/** Dead letters wait this long for someone to look at them, ms. */
const DEADLETTER_RETENTION_MS = 7 * 86_400_000

/** Bytes of a batch that the topics take: a record has some MB, and is never split. */
const BATCH_BYTES = 16 << 20
/** What a topic takes where nobody has set it; Kafka's default. */
export const USUAL_BATCH_BYTES = 1_048_588

/** Segments of a topic over its retention: a record is removed with its whole segment. */
const SEGMENTS = 6

/** Name of a topic in Kafka. */
export function topicName(config: Config, topic: Topic): string {
  return config.kafka.topic_prefix + topic
}

/** Name of a group in Kafka: one for each topic, as a group's positions are here. */
export function groupName(config: Config, topic: Topic, group: string): string {
  return `${topicName(config, topic)}.${group}`
}

/** The topics as the config wants them. */
export function plannedTopics(config: Config): TopicPlan[] {
  const { partitions, points_retention, windows_retention } = config.log
  return [
    plan(config, 'tidemark.points', partitions, parseDuration(points_retention)),
    plan(config, 'tidemark.windows', partitions, parseDuration(windows_retention)),
    plan(config, 'tidemark.deadletter', 1, DEADLETTER_RETENTION_MS),
  ]
}

function plan(config: Config, topic: Topic, partitions: number, retentionMs: number): TopicPlan {
  const { replication } = config.kafka
  return {
    name: topicName(config, topic),
    partitions,
    replication,
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'segment.ms': String(Math.ceil(retentionMs / SEGMENTS)),
      // An acknowledged record survives the loss of one broker, and the loss of one broker stops nothing.
      'min.insync.replicas': replication >= 3 ? '2' : '1',
      'compression.type': 'producer',
      'max.message.bytes': String(BATCH_BYTES),
      // Retention goes by the brokers' clock, whatever those of the gateways say.
      'message.timestamp.type': 'LogAppendTime',
    },
  }
}

/** How a topic differs from its plan. */
export type TopicDifference =
  | { kind: 'missing' }
  | { kind: 'partitions'; is: number; wanted: number }
  | { kind: 'replication'; is: number; wanted: number }
  | { kind: 'setting'; name: string; is: string; wanted: string }
  /** Its settings may not be seen. */
  | { kind: 'hidden' }

/** What differs. More partitions than planned are none: they cannot be taken back, and each one is used. */
export function differences(plan: TopicPlan, state: TopicState | undefined): TopicDifference[] {
  if (!state) return [{ kind: 'missing' }]
  const found: TopicDifference[] = []
  if (state.partitions < plan.partitions)
    found.push({ kind: 'partitions', is: state.partitions, wanted: plan.partitions })
  if (state.replication !== plan.replication)
    found.push({ kind: 'replication', is: state.replication, wanted: plan.replication })
  if (!state.settings) return [...found, { kind: 'hidden' }]
  for (const [name, wanted] of Object.entries(plan.settings)) {
    const is = state.settings.get(name) ?? 'unknown'
    if (is !== wanted) found.push({ kind: 'setting', name, is, wanted })
  }
  return found
}

/** The settings to store at a topic so that it fits its plan and keeps what else stands there. */
export function settingsToStore(plan: TopicPlan, state: TopicState): Record<string, string> {
  const own = state.ownSettings.map((name) => [name, state.settings?.get(name) ?? ''])
  return { ...Object.fromEntries(own), ...plan.settings }
}
