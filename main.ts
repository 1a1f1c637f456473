import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { lockDataFolder } from './adapters/embedded/data-folder.js'
import { createTemporal } from './adapters/temporal/embedded.js'
import { archiveStatus, blocksStatus } from './batch/status.js'
import { createGateway, type Gateway } from './ingest/gateway/gateway.js'
import { createBatchLayer } from './roles/batch.js'
import { CloseStack } from './roles/close-stack.js'
import { startHttp } from './roles/http.js'
import { startInputs } from './roles/inputs.js'
import { repeat } from './roles/repeat.js'
import { type ServingProcess, startServingProcess } from './roles/serving-process.js'
import { openStores, type Stores } from './roles/stores.js'
import { parseDuration } from './schemas/config/duration.js'
import { configFlags } from './schemas/config/flags.js'
import { processEnvironment, searchPath } from './schemas/config/load.js'
import type { Config } from './schemas/config/schema.js'
import type { TidemarkError } from './schemas/errors.js'
import type { LateLedger } from './schemas/ports/late-ledger.js'
import type { PipelineStatus } from './schemas/ports/status.js'
import type { Workflows } from './schemas/ports/workflows.js'
import type { Clock } from './schemas/time.js'
import { type SpeedLayer, startSpeedLayer } from './speed/speed-layer.js'
import { createActivities } from './workflows/activities.js'

/** Idle partitions are looked at this often, ms. */
const FOLLOW_CLOCK_MS = 1000

/** What a running Tidemark needs from outside. */
export interface Surroundings {
  logger: Logger
  clock: Clock
  version: string
}

/** Everything, as one server. */
export interface Tidemark {
  /** Where it answers. */
  url: string
  /** Rejects if a part fails for good. */
  ended: Promise<never>
  /** Stops what comes in first, then the layers, then the stores. */
  close(): Promise<void>
}

/**
 * Starts every role on embedded parts: serving in a process of its own, the others in this one. Queries are answered
 * when it resolves; Temporal may still be starting.
 * @throws TM_DATA_LOCKED, TM_PORT_TAKEN, TM_CONFIG, TM_CATALOG_UNAVAILABLE, TM_DISK_FULL
 */
export async function startTidemark(config: Config, surroundings: Surroundings): Promise<Tidemark> {
  const closing = new CloseStack()
  try {
    return await startRoles(config, surroundings, closing)
  } catch (error) {
    await closing.close().catch((cause: Error) => surroundings.logger.error({ cause: cause.message }, 'closing failed'))
    throw error
  }
}

async function startRoles(
  config: Config,
  { logger, clock, version }: Surroundings,
  closing: CloseStack,
): Promise<Tidemark> {
  const onError = ({ code, message }: TidemarkError) => logger.warn({ code }, message)
  const folder = lockDataFolder(config.data.dir)
  closing.add('the data folder', () => folder.release())
  const stores = await openStores({ config, clock, closing, onError })
  // It takes longest to start, so it comes first.
  const serving = await startServing(config, stores, logger, closing)
  const batch = createBatchLayer({ config, stores, clock, closing, onError })
  await batch.archive.start()
  closing.add('the archive', () => batch.archive.stop())
  const speed = await startSpeed(config, stores, batch.late, clock, closing, onError)

  const temporal = createTemporal({
    config,
    dataDir: config.data.dir,
    activities: createActivities(batch.work((readTo) => speed.closedThroughMs(readTo))),
    loadWorker: () => import('./workflows/worker.js'),
    bundlePath: fileURLToPath(new URL('./workflows/bundle.js', import.meta.url)),
    version,
    logger,
    clock,
    searchPath: searchPath(),
    env: processEnvironment(),
  })
  closing.add('Temporal', () => temporal.close())

  const partitions = await stores.log.partitions('tidemark.points')
  const gateway = createGateway({
    log: stores.log,
    partitions,
    limits: config.limits,
    policies: config.cardinality,
    clock,
  })
  const status = () => pipelineStatus({ gateway, speed, stores, workflows: temporal, clock })
  const facts = {
    version,
    startedMs: clock(),
    flags: configFlags(config),
    retention: retentionText(config.retention),
  }
  const control = {
    workflows: temporal,
    metadata: () => gateway.metadata(),
    facts,
    status,
    notReady: async () => [...(await notReady(stores)), ...serving.notReady()],
    clock,
  }
  // HTTP comes last: once it says that it is ready, a StatsD datagram must not be lost.
  await startInputs({ config, gateway, clock, closing, onError })
  const http = await startHttp({ config, gateway, control, serving, clock, logger })
  closing.add('HTTP', () => http.close())
  temporal.start()
  return { url: http.url, ended: firstFailure([speed.ended, batch.archive.ended]), close: () => closing.close() }
}

function startServing(
  config: Config,
  { catalog, catalogUrl, live, hot }: Stores,
  logger: Logger,
  closing: CloseStack,
): Promise<ServingProcess> {
  const setup = { config, catalogUrl, originMs: catalog.originMs }
  return startServingProcess({ setup, speed: { live, hot }, logger, closing })
}

/** `raw forever, 10s 7d, …` */
function retentionText({ hot: _, ...kept }: Config['retention']): string {
  return Object.entries(kept)
    .map(([tier, time]) => `${tier} ${time === '0' ? 'forever' : time}`)
    .join(', ')
}

async function startSpeed(
  config: Config,
  stores: Stores,
  late: LateLedger,
  clock: Clock,
  closing: CloseStack,
  onError: (error: TidemarkError) => void,
): Promise<SpeedLayer> {
  const rules = {
    latenessMs: parseDuration(config.speed.lateness),
    idleAfterMs: parseDuration(config.speed.idle_after),
  }
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const speed = await startSpeedLayer({ ...stores, late, rollups: config.rollups, rules, clock, sleep, onError })
  closing.add('the speed layer', () => speed.close())
  closing.add(
    'provisional windows',
    repeat(parseDuration(config.speed.provisional_every), () => speed.flushProvisional(), onError),
  )
  closing.add(
    'the idle clock',
    repeat(FOLLOW_CLOCK_MS, () => speed.followClock(), onError),
  )
  return speed
}

interface StatusSources {
  gateway: Gateway
  speed: SpeedLayer
  stores: Stores
  workflows: Workflows
  clock: Clock
}

async function pipelineStatus({ gateway, speed, stores, workflows, clock }: StatusSources): Promise<PipelineStatus> {
  const [partitions, archive, blocks, temporal] = await Promise.all([
    speed.status(),
    archiveStatus(stores.catalog, stores.log, clock),
    blocksStatus(stores.catalog, clock),
    workflows.status(),
  ])
  return { nowMs: clock(), ingest: gateway.counts(), speed: partitions, archive, blocks, workflows: temporal }
}

/** Queries need the log, the stores and the catalog; all but the catalog live in this process. */
async function notReady({ catalog, log }: Stores): Promise<string[]> {
  const reasons = await Promise.all([
    log.bounds('tidemark.points').then(
      () => [],
      (error: Error) => [error.message],
    ),
    catalog.db
      .selectFrom('batch_state')
      .select('epoch')
      .execute()
      .then(
        () => [],
        (error: Error) => [error.message],
      ),
  ])
  return reasons.flat()
}

/** Never resolves: a part that ends well was told to. */
function firstFailure(parts: Promise<void>[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const part of parts) part.catch(reject)
  })
}
