import { join } from 'node:path'
import { EmbeddedCache } from '../../adapters/embedded/cache.js'
import { Archive } from '../../batch/archive/archive.js'
import { openCatalog } from '../../batch/catalog/catalog.js'
import { CatalogLateLedger } from '../../batch/catalog/late-ledger.js'
import { SeriesIndex } from '../../batch/catalog/series.js'
import { CatalogSpeedProgress } from '../../batch/catalog/speed-progress.js'
import { createBatchWork } from '../../batch/create-work.js'
import { createBatchView } from '../../batch/view/view.js'
import type { BatchWork } from '../../batch/work.js'
import { createGateway, type Gateway } from '../../ingest/gateway/gateway.js'
import { firstLayout } from '../../ingest/routing/plan-layout.js'
import { parseDuration } from '../../schemas/config/duration.js'
import type { TidemarkError } from '../../schemas/errors.js'
import type { BatchView } from '../../schemas/ports/batch-view.js'
import type { LiveView } from '../../schemas/ports/window-store.js'
import { createSeriesSource, type MergedView } from '../../serving/source.js'
import { type SpeedLayer, startSpeedLayer } from '../../speed/speed-layer.js'
import { type FaultRates, Gate, gated } from './gate.js'
import { GatedPool } from './gated-pool.js'
import { gatedLiveView } from './live-view.js'
import { catalogDb } from './stage.js'
import { type GroupReading, StepLog } from './step-log.js'
import type { World } from './world.js'

/** One life of the process: the product, wired to the world through the gate. */
export interface Pipeline {
  gate: Gate
  gateway: Gateway
  speed: SpeedLayer
  archive: Archive
  work: BatchWork
  view: BatchView
  merged: MergedView
  live: LiveView
  reading: Readonly<Record<'speed' | 'archive', GroupReading>>
  /** Waits for what the world does after a lost connection. */
  settled(): Promise<void>
  /** What the world does with a process that is gone. */
  bury(): Promise<void>
}

/** Starts the process. It may die on the way: then `bury` is all that is left to do. */
export async function startPipeline(
  world: World,
  rates: FaultRates,
): Promise<{ gate: Gate; bury(): Promise<void>; started: Promise<Pipeline> }> {
  const gate = new Gate({
    random: world.random.fork(),
    rates,
    passTime: (ms) => {
      world.nowMs += ms
    },
    onDeath: () => world.note('the process dies'),
  })
  const pool = new GatedPool(world.stage.pool, gate)
  const log = new StepLog(world.log, world.mirror, gate)
  const bury = async () => {
    gate.kill()
    await pool.abandon()
    await log.close()
  }
  return { gate, bury, started: wire(world, { gate, pool, log, bury }) }
}

async function wire(
  world: World,
  outside: { gate: Gate; pool: GatedPool; log: StepLog; bury(): Promise<void> },
): Promise<Pipeline> {
  const { gate, pool, log, bury } = outside
  const { clock, config, settings, uniqueId } = world
  const { engine } = world.stage
  const catalog = await openCatalog({ db: catalogDb(pool), blockMs: settings.blockMs, clock })
  const objects = gated(world.objects, 'objects', gate)
  const hot = gated(world.hot, 'hot', gate)
  const series = new SeriesIndex(catalog.db)
  const shared = { catalog, objects, engine, series, log, clock, uniqueId, settings }
  const view = createBatchView(shared)
  const live = gatedLiveView(world.live, gate)
  const onError = (error: TidemarkError) => {
    world.note(`reported: ${error.message}`)
    // What can pass will be tried again and what is damaged was put aside: any other error would come for ever.
    if (!gate.isDead && !error.retriable && error.code !== 'TM_RECORD_DAMAGED') world.hopeless.push(error)
  }
  const speed = await startSpeedLayer({
    log,
    hot,
    live,
    late: new CatalogLateLedger(catalog.db, catalog.blockMs),
    progress: new CatalogSpeedProgress(catalog.db),
    rollups: config.rollups,
    rules: { latenessMs: settings.latenessMs, idleAfterMs: parseDuration(config.speed.idle_after) },
    clock,
    sleep: (ms) =>
      gate.pass('sleep', async () => {
        world.nowMs += ms
      }),
    onError,
  })
  const archive = new Archive({
    ...shared,
    scratch: join(world.folder, 'archive'),
    flushEveryMs: parseDuration(config.archive.flush_every),
    flushPoints: config.archive.flush_points,
    onError,
  })
  // As its start() does, but for the timer: here the schedule says when it flushes.
  await log.consume('tidemark.points', 'archive', archive)
  const work = createBatchWork({
    ...shared,
    scratch: join(world.folder, 'work'),
    view,
    hotStore: hot,
  })
  const views = {
    batch: view,
    hot,
    live,
    changes: { watch: async () => ({ close: async () => {} }) },
    cache: new EmbeddedCache(8 << 20, clock),
    clock,
    latenessMs: settings.latenessMs,
    limits: config.limits,
    queryTtlMs: parseDuration(config.cache.query_ttl),
    tagIndexTtlMs: parseDuration(config.cache.tag_index_ttl),
  }
  return {
    gate,
    gateway: createGateway({
      log,
      layouts: [firstLayout(world.partitions)],
      limits: config.limits,
      policies: [],
      clock,
    }),
    speed,
    archive,
    work,
    view,
    merged: createSeriesSource(views),
    live,
    reading: { speed: groupOf(log, 'speed'), archive: groupOf(log, 'archive') },
    settled: () => pool.settled(),
    bury,
  }
}

function groupOf(log: StepLog, name: string): GroupReading {
  const reading = log.groups.get(name)
  if (!reading) throw new Error(`nothing reads in the group ${name}`)
  return reading
}
