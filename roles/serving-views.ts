import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { EmbeddedCache } from '../adapters/embedded/cache.js'
import { ObjectFolder } from '../adapters/embedded/object-folder.js'
import { RemoteHotStore, RemoteLiveView, remoteWindowChanges } from '../adapters/embedded/speed-views-client.js'
import { openPostgres } from '../adapters/postgres.js'
import { createRedisCache } from '../adapters/redis/cache.js'
import { createRedisLiveView } from '../adapters/redis/live-view.js'
import { createRedisWindowChanges } from '../adapters/redis/window-changes.js'
import { SeriesIndex } from '../batch/catalog/series.js'
import type { CatalogTables } from '../batch/catalog/tables.js'
import { DuckEngine } from '../batch/duck/engine.js'
import { batchSettings } from '../batch/settings.js'
import { createBatchView } from '../batch/view/view.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { Clock } from '../schemas/time.js'
import { mergedRollups } from '../schemas/windows/merged-rollups.js'
import type { Views, WatchedViews } from '../serving/views.js'
import type { CloseStack } from './close-stack.js'
import { openObjects, openRemoteHot, type StoreOptions } from './stores.js'

/** Connections to the catalog: a query asks it one thing after the other. */
const CATALOG_CONNECTIONS = 4
/** Of a query's time the catalog may take this much with one statement, ms. */
const CATALOG_STATEMENT_MS = 30_000

/** Where the process that answers queries tells the one that started it what it counts; not for others. */
export const METRICS_PATH = '/-/metrics'

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

/** The catalog that queries read: a replica, if one is named. */
function openReadCatalog({ config, catalogUrl }: ServingSetup): Kysely<CatalogTables> {
  const limits = { connections: CATALOG_CONNECTIONS, statementMs: CATALOG_STATEMENT_MS }
  const replica = config.catalog.read_url
  if (replica === '') return openPostgres(catalogUrl, limits)
  return openPostgres(replica, { ...limits, key: 'catalog.read_url' })
}

/** The live view in Redis, or in the process that started this one. */
async function openLive({ config, speedSocket }: ServingSetup, closing: CloseStack): Promise<Views['live']> {
  if (config.redis.url === '') return new RemoteLiveView(speedSocket)
  const live = await createRedisLiveView(config)
  closing.add('the live view', () => live.close())
  return live
}

/** Where answers are kept for a while: in Redis, so that every serving process finds them, or in this process. */
async function openCache({ config }: ServingSetup, { clock, closing, logger }: Omit<StoreOptions, 'config'>) {
  if (config.redis.url === '') return new EmbeddedCache(config.cache.bytes, clock)
  const cache = await createRedisCache(config, (reason) =>
    logger.warn({ reason }, 'the cache in Redis does not answer'),
  )
  closing.add('the cache', () => cache.close())
  return cache
}

/**
 * The views over what other processes write: the servers that the config names, and for the rest the data folder that
 * the process which started this one keeps. Nothing is written.
 */
export async function openServingViews(
  setup: ServingSetup,
  options: Omit<StoreOptions, 'config'>,
): Promise<WatchedViews> {
  const { config } = setup
  const { clock, closing } = options
  const { dir } = config.data
  const db = openReadCatalog(setup)
  closing.add('the catalog', () => db.destroy())
  const isRemote = config.victoriametrics.url !== ''
  const hot = isRemote
    ? await openRemoteHot({ config, ...options })
    : new RemoteHotStore(join(dir, 'hot'), setup.speedSocket)
  closing.add('the hot store', () => hot.close())
  const engine = new DuckEngine({
    tempDir: join(dir, 'scratch', 'serving'),
    threads: config.batch.threads,
    memory: config.batch.memory,
  })
  closing.add('DuckDB', () => engine.close())
  const batch = createBatchView({
    catalog: { db, blockMs: parseDuration(config.blocks.length), originMs: setup.originMs },
    objects:
      config.s3.bucket === '' ? ObjectFolder.beside(join(dir, 'objects')) : await openObjects({ config, ...options }),
    engine,
    series: new SeriesIndex(db),
    clock,
    settings: batchSettings(config),
  })
  const live = await openLive(setup, closing)
  const isLiveRemote = config.redis.url !== ''
  const changes = isLiveRemote ? createRedisWindowChanges(config) : remoteWindowChanges(setup.speedSocket)
  closing.add('watching the live view', () => changes.close())
  const cache = await openCache(setup, options)
  return { ...viewsOver({ batch, hot, live, cache }, config, clock), changes }
}

/** The views over these stores. */
export function viewsOver(
  stores: Pick<Views, 'batch' | 'hot' | 'live' | 'cache'>,
  config: Config,
  clock: Clock,
): Views {
  const { batch, hot, live, cache } = stores
  return {
    batch,
    hot: mergedRollups(hot, config.rollups),
    live: {
      ...mergedRollups(live, config.rollups),
      coveredFromMs: () => live.coveredFromMs(),
      ...(live.versions && { versions: (range) => live.versions!(range) }),
    },
    cache,
    clock,
    latenessMs: parseDuration(config.speed.lateness),
    limits: config.limits,
    queryTtlMs: parseDuration(config.cache.query_ttl),
    tagIndexTtlMs: parseDuration(config.cache.tag_index_ttl),
  }
}
