import { join } from 'node:path'
import { EmbeddedCache } from '../adapters/embedded/cache.js'
import { ObjectFolder } from '../adapters/embedded/object-folder.js'
import { RemoteHotStore, RemoteLiveView, remoteWindowChanges } from '../adapters/embedded/speed-views-client.js'
import { openPostgres } from '../adapters/postgres.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import type { CatalogTables } from '../batch/catalog/tables.js'
import { DuckEngine } from '../batch/duck/engine.js'
import { batchSettings } from '../batch/settings.js'
import { createBatchView } from '../batch/view/view.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { Clock } from '../schemas/time.js'
import type { Views } from '../serving/views.js'
import type { CloseStack } from './close-stack.js'

/** Connections to the catalog: a query asks it one thing after the other. */
const CATALOG_CONNECTIONS = 4

/** What the process that answers queries is told by the one that started it. */
export interface ServingSetup {
  config: Config
  /** postgres://… of a catalog that has been opened. */
  catalogUrl: string
  /** Start of the archive, ms. */
  originMs: number
  /** Unix socket to listen on. */
  socket: string
  /** Unix socket of `serveSpeedViews`. */
  speedSocket: string
}

/** The views over a data folder that another process keeps. Nothing is written. */
export function openServingViews(setup: ServingSetup, clock: Clock, closing: CloseStack): Views {
  const { config } = setup
  const { dir } = config.data
  const db = openPostgres<CatalogTables>(setup.catalogUrl, CATALOG_CONNECTIONS)
  closing.add('the catalog', () => db.destroy())
  const hot = new RemoteHotStore(join(dir, 'hot'), setup.speedSocket)
  closing.add('the hot store', () => hot.close())
  const engine = new DuckEngine({
    tempDir: join(dir, 'scratch', 'serving'),
    threads: config.batch.threads,
    memory: config.batch.memory,
  })
  closing.add('DuckDB', () => engine.close())
  const batch = createBatchView({
    catalog: { db, blockMs: parseDuration(config.blocks.length), originMs: setup.originMs },
    objects: ObjectFolder.beside(join(dir, 'objects')),
    engine,
    series: new SeriesIndex(db),
    clock,
    settings: batchSettings(config),
  })
  const changes = remoteWindowChanges(setup.speedSocket)
  closing.add('watching the live view', () => changes.close())
  return {
    batch,
    hot,
    live: new RemoteLiveView(setup.speedSocket),
    changes,
    cache: new EmbeddedCache(config.cache.bytes, clock),
    clock,
    limits: config.limits,
    queryTtlMs: parseDuration(config.cache.query_ttl),
    tagIndexTtlMs: parseDuration(config.cache.tag_index_ttl),
  }
}
