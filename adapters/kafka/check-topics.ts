import type { Config } from '../../schemas/config/schema.js'
import type { Logger } from '../../schemas/ports/logger.js'
import { KafkaClient } from './client.js'
import type { TopicAdmin } from './client-parts.js'
import { connectionOf } from './connection.js'
import { logError } from './faults.js'
import { differences, plannedTopics, type TopicDifference } from './topics.js'

/** One thing looked at. A warning leaves the log usable. */
export interface TopicFinding {
  what: string
  state: 'ok' | 'warning' | 'problem'
  detail: string
  fix?: string
}

/**
 * Looks at the brokers and at the topics; changes nothing. What cannot be reached is a finding.
 * @throws TM_CONFIG for certificates that cannot be read
 */
export async function checkTopics(config: Config, logger: Logger): Promise<TopicFinding[]> {
  const what = `Kafka ${config.kafka.brokers.join(', ')}`
  const client = new KafkaClient(await connectionOf(config.kafka), logger)
  try {
    const admin = await client.admin()
    try {
      return [await brokerFinding(what, admin, config.kafka.replication), ...(await topicFindings(config, admin))]
    } finally {
      await admin.close()
    }
  } catch (thrown) {
    const { message, hint } = logError(thrown, `${config.kafka.topic_prefix}tidemark.*`)
    return [{ what, state: 'problem', detail: message, fix: `${hint}; check kafka.brokers and kafka.tls` }]
  }
}

async function brokerFinding(what: string, admin: TopicAdmin, replication: number): Promise<TopicFinding> {
  const { brokers, release } = await admin.cluster()
  const detail = `${brokers} ${brokers === 1 ? 'broker' : 'brokers'}, Kafka ${release}`
  if (brokers >= replication) return { what, state: 'ok', detail }
  const fix = 'start more brokers, or lower kafka.replication'
  return { what, state: 'problem', detail: `${detail}: too few for ${replication} copies`, fix }
}

async function topicFindings(config: Config, admin: TopicAdmin): Promise<TopicFinding[]> {
  const plans = plannedTopics(config)
  const states = await admin.topics(plans.map(({ name }) => name))
  return plans.flatMap((plan): TopicFinding[] => {
    const state = states.find(({ name }) => name === plan.name)
    const what = `topic ${plan.name}`
    const found = differences(plan, state)
    if (found.length === 0) return [{ what, state: 'ok', detail: `${state!.partitions} partitions` }]
    return found.map((difference) => ({ what, ...judged(difference) }))
  })
}

const INIT = 'run `tidemark init`'

/** How bad a difference is. Pure. */
export function judged(difference: TopicDifference): Omit<TopicFinding, 'what'> {
  switch (difference.kind) {
    case 'missing':
      return { state: 'problem', detail: 'it does not exist', fix: INIT }
    case 'hidden':
      return { state: 'warning', detail: 'its settings may not be seen', fix: 'grant DescribeConfigs on the topic' }
    case 'partitions': {
      const detail = `it has ${difference.is} partitions, log.partitions is ${difference.wanted}`
      return { state: 'warning', detail, fix: INIT }
    }
    case 'replication': {
      const detail = `it has ${difference.is} copies, kafka.replication is ${difference.wanted}`
      const isFewer = difference.is < difference.wanted
      return { state: isFewer ? 'problem' : 'warning', detail, fix: 'move it with kafka-reassign-partitions' }
    }
    case 'setting': {
      const { name, is, wanted } = difference
      return {
        state: harms(name, is, wanted) ? 'problem' : 'warning',
        detail: `${name} is ${is}, not ${wanted}`,
        fix: INIT,
      }
    }
  }
}

/** True if records could be lost or refused by it. */
function harms(name: string, is: string, wanted: string): boolean {
  if (name === 'cleanup.policy') return true
  if (name === 'retention.ms') return Number(is) !== -1 && Number(is) < Number(wanted)
  return (name === 'max.message.bytes' || name === 'min.insync.replicas') && Number(is) < Number(wanted)
}
