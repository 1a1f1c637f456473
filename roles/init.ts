import { initTopics } from '../adapters/kafka/init-topics.js'
import { openPostgres } from '../adapters/postgres.js'
import { initBucket } from '../adapters/s3/bucket.js'
import { openCatalog } from '../batch/catalog/catalog.js'
import type { CatalogTables } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { Clock } from '../schemas/time.js'

/** One thing that was made ready, or is left to do by hand. */
export interface InitStep {
  what: string
  detail: string
  isDone: boolean
}

/**
 * Makes the engines that the config names ready: topics, bucket, tables. What is there already stays, so it may be run
 * again at any time, by several at once. Embedded engines need none of it.
 * @throws TM_LOG_UNAVAILABLE, TM_OBJECT_UNAVAILABLE, TM_CATALOG_UNAVAILABLE and what else an engine refuses
 */
export async function initEngines(config: Config, surroundings: { logger: Logger; clock: Clock }): Promise<InitStep[]> {
  return [
    ...(await initLog(config, surroundings.logger)),
    ...(await initObjects(config)),
    ...(await initCatalog(config, surroundings.clock)),
  ]
}

async function initLog(config: Config, logger: Logger): Promise<InitStep[]> {
  if (config.kafka.brokers.length === 0) return []
  const steps = await initTopics(config, logger)
  if (steps.length === 0) return [{ what: 'Kafka', detail: 'the topics are as they should be', isDone: true }]
  return steps.map(({ topic, text, isDone }) => ({ what: topic, detail: text, isDone }))
}

async function initObjects(config: Config): Promise<InitStep[]> {
  const { bucket } = config.s3
  if (bucket === '') return []
  const isNew = await initBucket(config)
  return [{ what: 'S3', detail: `bucket ${bucket} ${isNew ? 'was created' : 'is there'}`, isDone: true }]
}

async function initCatalog(config: Config, clock: Clock): Promise<InitStep[]> {
  const { url } = config.catalog
  if (url === '') return []
  const db = openPostgres<CatalogTables>(url, { connections: 1 })
  try {
    await openCatalog({ db, blockMs: parseDuration(config.blocks.length), clock })
    return [{ what: 'catalog', detail: 'its tables are up to date', isDone: true }]
  } finally {
    await db.destroy()
  }
}
