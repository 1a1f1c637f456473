import { storeMetadata } from '../batch/catalog/metadata.js'
import { createGateway, type Gateway } from '../ingest/gateway/gateway.js'
import type { RoleContext, RunningRole } from './context.js'
import { startInputs } from './inputs.js'
import { repeat } from './repeat.js'

/** What senders say of metrics is stored this often, ms. */
const METADATA_EVERY_MS = 10_000

/** A running gateway. */
export interface GatewayRole extends RunningRole {
  gateway: Gateway
  /** Starts what brings points by itself: StatsD listeners, the scraper, the host's own metrics. To be called last. */
  startInputs(): Promise<void>
}

/** Opens the way in. */
export async function startGateway(context: RoleContext): Promise<GatewayRole> {
  const { config, clock, stores, closing, onError } = context
  const log = await stores.log()
  const { catalog } = await stores.catalog()
  const partitions = await log.partitions('tidemark.points')
  const gateway = createGateway({ log, partitions, limits: config.limits, policies: config.cardinality, clock })
  const store = async () => {
    const changed = gateway.metadata.takeChanged()
    try {
      await storeMetadata(catalog.db, changed, clock())
    } catch (thrown) {
      gateway.metadata.putBack(changed)
      throw thrown
    }
  }
  closing.add('metadata', repeat(METADATA_EVERY_MS, store, onError))
  return {
    gateway,
    startInputs: () => startInputs({ config, gateway, clock, closing, onError }),
    // What is acknowledged lies in the log: without it there is nothing to take points for.
    notReady: () => reasonOf(log.bounds('tidemark.points')),
    report: async () => ({ ingest: gateway.counts() }),
  }
}

/** Why a question failed, if it did. */
export function reasonOf(asked: Promise<unknown>): Promise<string[]> {
  return asked.then(
    () => [],
    (error: Error) => [error.message],
  )
}
