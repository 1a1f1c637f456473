import { setTimeout as sleep } from 'node:timers/promises'
import { formatDuration } from '../../schemas/config/duration.js'
import type { Config } from '../../schemas/config/schema.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { Logger } from '../../schemas/ports/logger.js'
import { KafkaClient } from './client.js'
import type { TopicAdmin, TopicPlan, TopicState } from './client-parts.js'
import { connectionOf } from './connection.js'
import { faultOf, logError } from './faults.js'
import { differences, plannedTopics, settingsToStore } from './topics.js'

/** A topic that was made is waited for so often, with this pause, ms. */
const SERVED_TRIES = 50
const SERVED_PAUSE_MS = 200

/** One thing that was done to a topic, or that is left to do by hand. */
export interface TopicStep {
  topic: string
  text: string
  isDone: boolean
}

/**
 * Makes the topics that are missing, adds partitions and stores settings where they differ from the config; the same
 * again does nothing.
 * @throws TM_LOG_UNAVAILABLE, TM_LOG_DENIED, TM_CONFIG for copies that the cluster has too few brokers for
 */
export async function initTopics(config: Config, logger: Logger): Promise<TopicStep[]> {
  const client = new KafkaClient(await connectionOf(config.kafka), logger)
  const plans = plannedTopics(config)
  try {
    const admin = await client.admin()
    try {
      const states = await admin.topics(plans.map(({ name }) => name))
      const steps: TopicStep[] = []
      for (const plan of plans) {
        const state = states.find(({ name }) => name === plan.name)
        steps.push(...(state ? await mend(admin, plan, state) : [await make(admin, plan)]))
      }
      return steps
    } finally {
      await admin.close()
    }
  } catch (thrown) {
    throw logError(thrown, `${config.kafka.topic_prefix}tidemark.*`)
  }
}

async function make(admin: TopicAdmin, plan: TopicPlan): Promise<TopicStep> {
  const { name, partitions, replication, settings } = plan
  try {
    await admin.create(plan)
  } catch (thrown) {
    if (faultOf(thrown).kind !== 'replication') throw thrown
    const reason = `${replication} copies of ${name} need as many brokers: ${faultOf(thrown).reason}`
    throw new TidemarkError('TM_CONFIG', { key: 'kafka.replication', reason, fix: 'ask for fewer copies' }, thrown)
  }
  await served(admin, name)
  const kept = formatDuration(Number(settings['retention.ms']))
  return {
    topic: name,
    text: `made: partitions ${partitions}, copies ${replication}, records kept ${kept}`,
    isDone: true,
  }
}

/** Brokers hear of a new topic one after the other. */
async function served(admin: TopicAdmin, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      if ((await admin.topics([name])).length > 0) return
    } catch (thrown) {
      const { kind } = faultOf(thrown)
      if ((kind !== 'topic' && kind !== 'leader') || tries === SERVED_TRIES) throw thrown
    }
    await sleep(SERVED_PAUSE_MS)
  }
}

async function mend(admin: TopicAdmin, plan: TopicPlan, state: TopicState): Promise<TopicStep[]> {
  const { name } = plan
  const found = differences(plan, state)
  if (found.some(({ kind }) => kind === 'partitions')) await admin.addPartitions(name, plan.partitions)
  if (found.some(({ kind }) => kind === 'setting')) await admin.setSettings(name, settingsToStore(plan, state))
  return found.map((difference) => {
    switch (difference.kind) {
      case 'partitions':
        return { topic: name, text: `partitions: ${difference.is} → ${difference.wanted}`, isDone: true }
      case 'setting':
        return { topic: name, text: `${difference.name}: ${difference.is} → ${difference.wanted}`, isDone: true }
      case 'replication': {
        const text = `has ${difference.is} copies, kafka.replication is ${difference.wanted}: move it with kafka-reassign-partitions`
        return { topic: name, text, isDone: false }
      }
      default:
        return {
          topic: name,
          text: 'its settings may not be seen: grant DescribeConfigs and AlterConfigs',
          isDone: false,
        }
    }
  })
}
