import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Archive } from '../batch/archive/archive.js'
import { CatalogLateLedger } from '../batch/catalog/late-ledger.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import { createBatchWork } from '../batch/create-work.js'
import { DuckEngine } from '../batch/duck/engine.js'
import { batchSettings } from '../batch/settings.js'
import { createBatchView } from '../batch/view/view.js'
import type { BatchWork } from '../batch/work.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { TidemarkError } from '../schemas/errors.js'
import type { BatchView } from '../schemas/ports/batch-view.js'
import type { LateLedger } from '../schemas/ports/late-ledger.js'
import type { Clock } from '../schemas/time.js'
import type { CloseStack } from './close-stack.js'
import type { Stores } from './stores.js'

/** The batch layer, put together. */
export interface BatchLayer {
  view: BatchView
  late: LateLedger
  archive: Archive
  /** @param closedThroughMs how far the speed layer had closed and stored its windows when it had read to these offsets, ms */
  work(closedThroughMs: (readTo: ReadonlyMap<number, number>) => Promise<number>): BatchWork
}

/** What it is put together from. */
export interface BatchOptions {
  config: Config
  stores: Stores
  clock: Clock
  closing: CloseStack
  onError: (error: TidemarkError) => void
}

export function createBatchLayer({ config, stores, clock, closing, onError }: BatchOptions): BatchLayer {
  const { log, objects, catalog, hot } = stores
  const scratch = join(config.data.dir, 'scratch')
  const settings = batchSettings(config)
  const engine = new DuckEngine({
    tempDir: join(scratch, 'duckdb'),
    threads: config.batch.threads,
    memory: config.batch.memory,
  })
  closing.add('DuckDB', () => engine.close())
  const series = new SeriesIndex(catalog.db)
  const shared = { log, catalog, objects, engine, series, clock, settings, uniqueId: randomUUID }
  const view = createBatchView(shared)
  const archive = new Archive({
    ...shared,
    scratch: join(scratch, 'archive'),
    flushEveryMs: parseDuration(config.archive.flush_every),
    flushPoints: config.archive.flush_points,
    onError,
  })
  return {
    view,
    late: new CatalogLateLedger(catalog.db, catalog.blockMs),
    archive,
    work: (closedThroughMs) =>
      createBatchWork({ ...shared, scratch: join(scratch, 'recompute'), view, hotStore: hot, closedThroughMs }),
  }
}
