import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTemporal, type Temporal } from '../adapters/temporal/temporal.js'
import { Archive } from '../batch/archive/archive.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import { createBatchWork } from '../batch/create-work.js'
import { batchSettings } from '../batch/settings.js'
import { createBatchView } from '../batch/view/view.js'
import type { BatchWork } from '../batch/work.js'
import { parseDuration } from '../schemas/config/duration.js'
import { processEnvironment, searchPath } from '../schemas/config/load.js'
import { createActivities } from '../workflows/activities.js'
import type { RoleContext, RunningRole } from './context.js'
import { reasonOf } from './gateway.js'

/** What the batch layer is put together from. */
export type BatchContext = Pick<RoleContext, 'config' | 'clock' | 'stores' | 'onError'>

/** Starts to write every point of the log to the master dataset. */
export async function startArchive(context: RoleContext): Promise<RunningRole> {
  const archive = await createArchive(context)
  await archive.start()
  context.closing.add('the archive', () => archive.stop())
  return { ended: archive.ended, notReady: () => catalogAnswers(context) }
}

/** Starts to seal, recompute and audit blocks, as Temporal says. */
export async function startWorker(context: RoleContext): Promise<RunningRole & { temporal: Temporal }> {
  const { config, clock, version, logger, closing } = context
  const temporal = createTemporal({
    config,
    dataDir: config.data.dir,
    activities: createActivities(await createWork(context)),
    loadWorker: () => import('../workflows/worker.js'),
    bundlePath: fileURLToPath(new URL('../workflows/bundle.js', import.meta.url)),
    version,
    logger,
    clock,
    searchPath: searchPath(),
    env: processEnvironment(),
  })
  closing.add('Temporal', () => temporal.close())
  return { temporal, notReady: () => catalogAnswers(context) }
}

/** The archive, not started. */
export async function createArchive({ config, clock, stores, onError }: BatchContext): Promise<Archive> {
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

/** Why the catalog does not answer, if so. */
export async function catalogAnswers({ stores }: RoleContext): Promise<string[]> {
  const { catalog } = await stores.catalog()
  return reasonOf(catalog.db.selectFrom('batch_state').select('epoch').execute())
}
