import { join } from 'node:path'
import type { Logger } from 'pino'
import { lockDataFolder } from './adapters/embedded/data-folder.js'
import { openAccess } from './roles/access.js'
import { CloseStack } from './roles/close-stack.js'
import type { RoleContext, RunningRole } from './roles/context.js'
import { startHttp } from './roles/http.js'
import { InstanceDesk } from './roles/instance.js'
import { logClientMetrics } from './roles/metrics/log-client.js'
import { ProcessMetrics } from './roles/metrics/process-metrics.js'
import { Readiness } from './roles/readiness.js'
import { checkRoles, ROLES, type Role } from './roles/role.js'
import type { SelfScrape } from './roles/self-scrape.js'
import type { ServingProcess } from './roles/serving-process.js'
import { Stores } from './roles/stores.js'
import type { Config } from './schemas/config/schema.js'
import { TidemarkError } from './schemas/errors.js'
import type { Clock } from './schemas/time.js'
import type { MergedView } from './serving/source.js'

/**
 * The parts of the roles. A process loads those that it plays: every collection of garbage walks over all that is loaded,
 * and in a gateway or speed layer under load there are many.
 */
const parts = {
  alertStores: () => import('./roles/alert-stores.js'),
  alertingRoutes: () => import('./roles/alerting-routes.js'),
  alerts: () => import('./roles/alerts.js'),
  batch: () => import('./roles/batch.js'),
  dispatch: () => import('./roles/dispatch.js'),
  gateway: () => import('./roles/gateway.js'),
  heartbeat: () => import('./roles/heartbeat.js'),
  init: () => import('./roles/init.js'),
  pipelineStatus: () => import('./roles/pipeline-status.js'),
  ruleView: () => import('./roles/rule-view.js'),
  selfScrape: () => import('./roles/self-scrape.js'),
  serving: () => import('./roles/serving.js'),
  speed: () => import('./roles/speed.js'),
}

/** What a running Tidemark needs from outside. */
export interface Surroundings {
  logger: Logger
  clock: Clock
  version: string
}

/** One process of a Tidemark, with all its roles or some. */
export interface Tidemark {
  /** Where it answers. */
  url: string
  /** Rejects if a part fails for good. */
  ended: Promise<never>
  /** Stops what comes in first, then the layers, then the stores. */
  close(): Promise<void>
}

/**
 * Starts these roles in this process (but for queries, which are answered by a child of it), on the engines that the
 * config names and embedded ones for the rest. Queries are answered when it resolves; Temporal may still be starting.
 * @throws TM_ROLE_ENGINES, TM_DATA_LOCKED, TM_PORT_TAKEN, TM_CONFIG, TM_CATALOG_UNAVAILABLE, TM_DISK_FULL
 */
export async function startTidemark(
  config: Config,
  roles: readonly Role[],
  surroundings: Surroundings,
): Promise<Tidemark> {
  checkRoles(roles, config)
  const closing = new CloseStack()
  try {
    return await startRoles(config, new Set(roles), surroundings, closing)
  } catch (error) {
    await closing.close().catch((cause: Error) => surroundings.logger.error({ cause: cause.message }, 'closing failed'))
    throw error
  }
}

async function startRoles(
  wanted: Config,
  roles: ReadonlySet<Role>,
  { logger, clock, version }: Surroundings,
  closing: CloseStack,
): Promise<Tidemark> {
  const config = { ...wanted, data: { dir: claimFolder(wanted.data.dir, roles, closing) } }
  const onError = ({ code, message }: TidemarkError) => logger.warn({ code }, message)
  // One process for everything makes its engines ready by itself; where roles run apart, `tidemark init` does.
  if (roles.size === ROLES.length) await (await parts.init()).initEngines(config, { logger, clock })
  const stores = new Stores({ config, clock, logger, closing, onError })
  const context: RoleContext = { config, clock, version, logger, closing, onError, stores }
  const routes =
    roles.has('alerts') || roles.has('serving') ? (await parts.dispatch()).openDispatchConfig(context) : undefined
  // Rules are judged, and tried out, on one view: it knows every series, which is worth having once.
  let view: Promise<MergedView> | undefined
  const ruleView = () => {
    view ??= parts.ruleView().then(({ openRuleView }) => openRuleView(context))
    return view
  }
  // What answers queries takes longest to start, so it comes first.
  const serving = roles.has('serving') ? await (await parts.serving()).startServing(context) : undefined
  const archive = roles.has('archive') ? await (await parts.batch()).startArchive(context) : undefined
  const speed = roles.has('speed') ? await (await parts.speed()).startSpeed(context) : undefined
  const worker = roles.has('worker') ? await (await parts.batch()).startWorker(context, roles.size === 1) : undefined
  const gateway = roles.has('gateway') ? await (await parts.gateway()).startGateway(context) : undefined
  const alerts =
    routes && roles.has('alerts')
      ? await (await parts.alerts()).startAlerts(context, routes, await ruleView())
      : undefined
  const running = [serving, archive, speed, worker, gateway, alerts].filter((role) => role !== undefined)
  const health = healthOf(running, clock)
  const desk = new InstanceDesk(context, running, { roles: [...roles], version })
  const workflows = worker?.temporal ?? (serving && (await parts.serving()).openWorkflows(context))
  const control =
    serving && workflows
      ? await (await parts.serving()).controlOf({
          context,
          workflows,
          gateway,
          version,
          status: async () => (await parts.pipelineStatus()).pipelineStatus(context, desk, workflows),
        })
      : undefined
  const metrics = new ProcessMetrics({ version, roles: [...roles] })
  const self =
    gateway && new (await parts.selfScrape()).SelfScrape(context, { gateway: gateway.gateway, metrics, id: desk.id })
  await fillMetrics(metrics, { running, self, stores, serving: serving?.serving })
  // HTTP comes last: once it says that it is ready, a StatsD datagram must not be lost.
  await gateway?.startInputs()
  const { catalog, url: catalogUrl } = await stores.catalog()
  const http = await startHttp({
    config,
    access: openAccess({ config, catalogUrl, clock, logger, closing }),
    gateway: gateway?.gateway,
    control,
    serving: serving?.serving,
    rules: async () => (await parts.alertStores()).alertStore(catalog.db).groups(),
    alerting:
      control &&
      routes &&
      (await (
        await parts.alertingRoutes()
      ).alertingRoutes(context, { metadata: control.metadata, routes, view: await ruleView() })),
    health: { failed: health.failed, ready: () => health.readiness.now() },
    metrics,
    clock,
    logger,
  })
  closing.add('HTTP', () => http.close())
  desk.announce(http.url)
  if (config.self.collect) self?.start()
  if (alerts) (await parts.heartbeat()).startHeartbeat(context, health.readiness)
  worker?.temporal.start()
  return { url: http.url, ended: firstFailure(running), close: () => closing.close() }
}

/**
 * Locks the folder of this process: that of the config for all roles together; else one of its own in it, so that any
 * number of processes share a config.
 */
function claimFolder(dir: string, roles: ReadonlySet<Role>, closing: CloseStack): string {
  const isWhole = ROLES.every((role) => roles.has(role))
  for (let n = 0; ; n++) {
    const own = isWhole ? dir : join(dir, `${[...roles].join('-')}-${n}`)
    try {
      const folder = lockDataFolder(own)
      closing.add('the data folder', () => folder.release())
      return own
    } catch (thrown) {
      if (isWhole || !(thrown instanceof TidemarkError) || thrown.code !== 'TM_DATA_LOCKED') throw thrown
    }
  }
}

/** What the probes of a process ask of its roles. */
function healthOf(running: readonly RunningRole[], clock: Clock) {
  const failures: string[] = []
  for (const { ended } of running) ended?.catch((error: Error) => failures.push(error.message))
  const readiness = new Readiness(
    running.flatMap(({ checks }) => checks),
    clock,
  )
  return { failed: () => failures, readiness }
}

/** Shows what every part of the process has to show. */
async function fillMetrics(
  metrics: ProcessMetrics,
  shown: { running: readonly RunningRole[]; self?: SelfScrape; stores: Stores; serving?: ServingProcess },
): Promise<void> {
  const { running, self, stores, serving } = shown
  for (const role of running) if (role.metrics) metrics.add(role.metrics)
  if (self) metrics.add(self.metrics())
  const counts = await stores.logCounts()
  if (counts) metrics.add(logClientMetrics(counts))
  if (serving) metrics.addForeign(() => serving.metrics())
}

/** Never resolves: a part that ends well was told to. */
function firstFailure(parts: readonly RunningRole[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const { ended } of parts) ended?.catch(reject)
  })
}
