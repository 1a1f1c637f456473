import { checkTopics } from '../adapters/kafka/check-topics.js'
import { checkCatalog, checkReadCatalog } from '../adapters/postgres-check.js'
import { checkRedis } from '../adapters/redis/check.js'
import { checkBucket } from '../adapters/s3/bucket.js'
import { checkTemporal } from '../adapters/temporal/check.js'
import { checkVictoriaMetrics } from '../adapters/victoriametrics/check.js'
import type { Config } from '../schemas/config/schema.js'
import type { Finding } from '../schemas/ports/finding.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { Clock } from '../schemas/time.js'

/** Looks at every engine that the config names: reached, version, permissions, settings. Nothing is changed. */
export async function checkEngines(
  config: Config,
  { logger, clock }: { logger: Logger; clock: Clock },
): Promise<Finding[]> {
  const { kafka, redis, victoriametrics, s3, catalog, temporal } = config
  const checks: Promise<Finding[]>[] = []
  if (kafka.brokers.length > 0) checks.push(checkLog(config, logger))
  if (redis.url !== '') checks.push(checkRedis(config))
  if (victoriametrics.url !== '') checks.push(checkVictoriaMetrics(config))
  if (s3.bucket !== '') checks.push(checkBucket(config))
  if (catalog.url !== '') checks.push(checkCatalog(catalog.url, clock))
  if (catalog.read_url !== '') checks.push(checkReadCatalog(catalog.read_url, clock))
  if (temporal.enabled && temporal.address !== '') checks.push(checkTemporal(config, clock))
  return (await Promise.all(checks)).flat()
}

async function checkLog(config: Config, logger: Logger): Promise<Finding[]> {
  const findings = await checkTopics(config, logger)
  return findings.map(({ state, ...finding }) => ({ ...finding, ok: state !== 'problem' }))
}
