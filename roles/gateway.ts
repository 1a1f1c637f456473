import { CatalogLayouts } from '../batch/catalog/layouts.js'
import { storeMetadata } from '../batch/catalog/metadata.js'
import { createGateway, type Gateway } from '../ingest/gateway/gateway.js'
import { firstLayout, type LayoutRules, planLayout } from '../ingest/routing/plan-layout.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { Log } from '../schemas/ports/log.js'
import { checkCatalog, checkLog } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { startInputs } from './inputs.js'
import { gatewayMetrics, measuredLog } from './metrics/gateway.js'
import { repeat } from './repeat.js'

/** What senders say of metrics is stored this often, ms. */
const METADATA_EVERY_MS = 10_000
/** Layouts are read this often, and traffic is looked at, ms. */
const LAYOUT_EVERY_MS = 10_000

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
  const appends = measuredLog(log)
  const gateway = await openGateway(context, appends.log)
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
    checks: [checkLog(log), checkCatalog(catalog.db)],
    metrics: gatewayMetrics(gateway, appends),
    report: async () => ({ ingest: gateway.counts() }),
  }
}

/** A gateway that spreads points as all others do. @param log that it appends to */
export async function openGateway(context: RoleContext, log: Pick<Log, 'append'>): Promise<Gateway> {
  const { config, clock, stores, closing, onError } = context
  const { catalog } = await stores.catalog()
  const layouts = new CatalogLayouts(catalog.db)
  const partitions = await (await stores.log()).partitions('tidemark.points')
  if ((await layouts.read()).length === 0) await layouts.add(firstLayout(partitions), undefined)
  const gateway = createGateway({
    log,
    layouts: await layouts.read(),
    limits: config.limits,
    policies: config.cardinality,
    clock,
  })
  closing.add('layouts', repeat(LAYOUT_EVERY_MS, followLayouts(context, gateway, layouts), onError))
  return gateway
}

/** Goes by the layouts that there are, and adds one where the log has grown or a metric is over its share. */
function followLayouts({ config, clock, stores }: RoleContext, gateway: Gateway, store: CatalogLayouts) {
  const rules = layoutRules(config)
  let sinceMs = clock()
  return async () => {
    const layouts = await store.read()
    gateway.follow(layouts)
    const nowMs = clock()
    const pointsByMetric = gateway.takeTraffic()
    const partitions = await (await stores.log()).partitions('tidemark.points')
    const wanted = planLayout({
      layouts,
      partitions,
      nowMs,
      pointsByMetric,
      spanMs: Math.max(1, nowMs - sinceMs),
      rules,
    })
    sinceMs = nowMs
    if (wanted && (await store.add(wanted, layouts.at(-1)?.fromMs))) gateway.follow(await store.read())
  }
}

/** A layout begins when no gateway can have taken a point beyond: they take points from the future, and look again. */
function layoutRules(config: Config): LayoutRules {
  return {
    splitShare: config.log.split_share,
    splitRate: config.log.split_rate,
    blockMs: parseDuration(config.blocks.length),
    leadMs: config.limits.futureMs + 3 * LAYOUT_EVERY_MS,
  }
}
