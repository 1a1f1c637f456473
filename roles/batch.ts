import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTemporal, type Temporal } from '../adapters/temporal/temporal.js'
import { Archive } from '../batch/archive/archive.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import { createBatchWork } from '../batch/create-work.js'
import { batchSettings } from '../batch/settings.js'
import { archiveStatus, blocksStatus } from '../batch/status.js'
import { createBatchView } from '../batch/view/view.js'
import type { BatchWork } from '../batch/work.js'
import { parseDuration } from '../schemas/config/duration.js'
import { processEnvironment, searchPath } from '../schemas/config/load.js'
import { asTidemarkError } from '../schemas/errors.js'
import { createActivities } from '../workflows/activities.js'
import { checkCatalog, checkHot, checkLog, checkObjects, checkWorkflows } from './checks.js'
import type { RoleContext, RunningRole } from './context.js'
import { escalationStarter } from './escalation-starter.js'
import { escalator, type IncidentParts, incidentParts } from './incidents.js'
import { archiveMetrics, blockMetrics, flushSeconds } from './metrics/batch.js'
import { repeat } from './repeat.js'

/** Incidents whose workflow is to hear of something are looked for this often, ms. */
const START_EVERY_MS = 1000

/** What the batch layer is put together from. */
export type BatchContext = Pick<RoleContext, 'config' | 'clock' | 'stores' | 'onError'>

/** Starts to write every point of the log to the master dataset. */
export async function startArchive(context: RoleContext): Promise<RunningRole> {
  const { stores, clock, closing } = context
  const flushes = flushSeconds()
  const archive = await createArchive(context, (ms) => flushes.observe(ms / 1000))
  await archive.start()
  closing.add('the archive', () => archive.stop())
  const log = await stores.log()
  const { catalog } = await stores.catalog()
  return {
    ended: archive.ended,
    checks: [checkLog(log), checkCatalog(catalog.db), checkObjects(await stores.objects())],
    metrics: archiveMetrics(() => archiveStatus(catalog, log, clock), flushes),
  }
}

/** Starts to seal, recompute and audit blocks, as Temporal says. @param isAlone the process plays no other role */
export async function startWorker(
  context: RoleContext,
  isAlone: boolean,
): Promise<RunningRole & { temporal: Temporal }> {
  const { config, clock, version, logger, closing, stores } = context
  const { catalog } = await stores.catalog()
  const incidents = incidentParts({ config, db: catalog.db, clock })
  const temporal = createTemporal({
    config,
    dataDir: config.data.dir,
    activities: createActivities(await createWork(context), escalator(incidents)),
    loadWorker: () => import('../workflows/worker.js'),
    bundlePath: fileURLToPath(new URL('../workflows/bundle.js', import.meta.url)),
    version,
    logger,
    clock,
    searchPath: searchPath(),
    env: processEnvironment(),
  })
  closing.add('Temporal', () => temporal.close())
  closing.add('starting escalations', repeat(START_EVERY_MS, whileItRuns(temporal, incidents), context.onError))
  const log = await stores.log()
  return {
    temporal,
    checks: [
      checkLog(log),
      checkCatalog(catalog.db),
      checkHot(await stores.hot()),
      checkObjects(await stores.objects()),
      checkWorkflows(temporal, !isAlone),
    ],
    metrics: blockMetrics(() => blocksStatus(catalog, clock), log, clock),
  }
}

/** Starts escalations, but not while there is no Temporal: its status says so already. */
function whileItRuns(temporal: Temporal, incidents: IncidentParts): () => Promise<void> {
  const start = escalationStarter(incidents, temporal)
  return async () => {
    await start().catch((thrown) => {
      if (asTidemarkError(thrown).code !== 'TM_TEMPORAL_MISSING') throw thrown
    })
  }
}

/** The archive, not started. @param onFlush told how long a flush took, ms */
export async function createArchive(
  { config, clock, stores, onError }: BatchContext,
  onFlush?: (ms: number) => void,
): Promise<Archive> {
  return new Archive({
    log: await stores.log(),
    catalog: (await stores.catalog()).catalog,
    objects: await stores.objects(),
    engine: await stores.duck(),
    clock,
    uniqueId: randomUUID,
    scratch: join(config.data.dir, 'scratch', 'archive'),
    flushEveryMs: parseDuration(config.archive.flush_every),
    flushPoints: config.archive.flush_points,
    onError,
    onFlush,
  })
}

/** The batch work of this process. */
export async function createWork({ config, clock, stores }: BatchContext): Promise<BatchWork> {
  const { catalog } = await stores.catalog()
  const shared = {
    log: await stores.log(),
    catalog,
    objects: await stores.objects(),
    engine: await stores.duck(),
    series: new SeriesIndex(catalog.db),
    clock,
    settings: batchSettings(config),
    uniqueId: randomUUID,
  }
  return createBatchWork({
    ...shared,
    scratch: join(config.data.dir, 'scratch', 'recompute'),
    view: createBatchView(shared),
    hotStore: await stores.hot(),
  })
}
