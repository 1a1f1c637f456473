import { join } from 'node:path'
import type { EmbeddedHotStore } from '../adapters/embedded/hot-store.js'
import type { EmbeddedLiveView } from '../adapters/embedded/live-view.js'
import type { KafkaLog, KafkaLogCounts } from '../adapters/kafka/log.js'
import { openPostgres } from '../adapters/postgres.js'
import { type Catalog, openCatalog, readState } from '../batch/catalog/catalog.js'
import type { CatalogTables } from '../batch/catalog/tables.js'
import type { DuckEngine } from '../batch/duck/engine.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { TidemarkError } from '../schemas/errors.js'
import type { Log } from '../schemas/ports/log.js'
import type { Logger } from '../schemas/ports/logger.js'
import type { ObjectStore } from '../schemas/ports/object-store.js'
import type { HotStore, LiveView } from '../schemas/ports/window-store.js'
import type { Clock } from '../schemas/time.js'
import type { CloseStack } from './close-stack.js'
import { repeat } from './repeat.js'

/** The engines' adapters: a process loads those that its config names. */
const adapters = {
  embeddedHotStore: () => import('../adapters/embedded/hot-store.js'),
  embeddedLiveView: () => import('../adapters/embedded/live-view.js'),
  embeddedLog: () => import('../adapters/embedded/log.js'),
  embeddedPostgres: () => import('../adapters/embedded/postgres.js'),
  objectFolder: () => import('../adapters/embedded/object-folder.js'),
  kafka: () => import('../adapters/kafka/log.js'),
  redis: () => import('../adapters/redis/live-view.js'),
  s3: () => import('../adapters/s3/object-store.js'),
  victoriametrics: () => import('../adapters/victoriametrics/hot-store.js'),
}

/** Dead letters wait this long for someone to look at them, ms. */
const DEADLETTER_RETENTION_MS = 7 * 86_400_000
/** Stores are trimmed this often, ms. */
const TRIM_EVERY_MS = 60_000

/** What opening needs. */
export interface StoreOptions {
  config: Config
  clock: Clock
  logger: Logger
  closing: CloseStack
  onError: (error: TidemarkError) => void
}

/** A catalog and where it is: postgres://… with the password. */
export interface OpenedCatalog {
  catalog: Catalog
  url: string
}

/** Stores that lie in this process, for another one of this machine to read. */
export interface OwnViews {
  live?: EmbeddedLiveView
  hot?: EmbeddedHotStore
}

/** The objects in the bucket that the config names, or in the data folder. */
export async function openObjects({ config, clock, closing }: StoreOptions): Promise<ObjectStore> {
  if (config.s3.bucket === '') {
    return (await adapters.objectFolder()).ObjectFolder.open(join(config.data.dir, 'objects'))
  }
  const objects = await (await adapters.s3()).openS3ObjectStore(config, clock)
  closing.add('the objects', () => objects.close())
  return objects
}

/** The hot store on the server that the config names. */
export async function openRemoteHot({ config, clock, onError }: StoreOptions): Promise<HotStore> {
  const { createVictoriaMetricsHotStore } = await adapters.victoriametrics()
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const keptMs = parseDuration(config.retention.hot)
  return createVictoriaMetricsHotStore(config, { keptMs, clock, random: Math.random, sleep, onError })
}

/** The stores of a process: each is opened when a role first asks for it, and kept within its retention. */
export class Stores {
  /** Those of the stores opened so far that are embedded. */
  readonly own: OwnViews = {}
  readonly #options: StoreOptions
  #kafka: KafkaLog | undefined
  readonly #opened = new Map<string, Promise<unknown>>()

  constructor(options: StoreOptions) {
    this.#options = options
  }

  log(): Promise<Log> {
    return this.#once('the log', async () => {
      const { config, clock, logger, closing, onError } = this.#options
      if (config.kafka.brokers.length > 0) {
        const kafka = await (await adapters.kafka()).createKafkaLog(config, { clock, logger, onError })
        closing.add('the log', () => kafka.close())
        this.#kafka = kafka
        return kafka
      }
      const { EmbeddedLog } = await adapters.embeddedLog()
      const log = new EmbeddedLog({
        folder: join(config.data.dir, 'log'),
        partitions: config.log.partitions,
        retentionMs: {
          'tidemark.points': parseDuration(config.log.points_retention),
          'tidemark.windows': parseDuration(config.log.windows_retention),
          'tidemark.deadletter': DEADLETTER_RETENTION_MS,
        },
        clock,
      })
      this.#closeAndTrim('the log', log, () => log.trim(clock()))
      return log
    })
  }

  /** What the client of the log counts; undefined for one that has none. */
  async logCounts(): Promise<(() => KafkaLogCounts) | undefined> {
    await this.log()
    const kafka = this.#kafka
    return kafka && (() => kafka.counts())
  }

  hot(): Promise<HotStore> {
    return this.#once('the hot store', async () => {
      const { config, clock, closing } = this.#options
      if (config.victoriametrics.url !== '') {
        const remote = await openRemoteHot(this.#options)
        closing.add('the hot store', () => remote.close())
        return remote
      }
      const { EmbeddedHotStore } = await adapters.embeddedHotStore()
      const hot = new EmbeddedHotStore(join(config.data.dir, 'hot'))
      this.own.hot = hot
      const hotMs = parseDuration(config.retention.hot)
      this.#closeAndTrim('the hot store', hot, () => hot.trim(clock() - hotMs))
      return hot
    })
  }

  live(): Promise<LiveView> {
    return this.#once('the live view', async () => {
      const { config, clock } = this.#options
      const partitions = await (await this.log()).partitions('tidemark.points')
      const liveMs = parseDuration(config.speed.live_view)
      const { db } = (await this.catalog()).catalog
      // What lies before the tide line is answered by the batch view.
      const trim = async (live: LiveView) => live.trim(Math.max(clock() - liveMs, (await readState(db)).frontierMs))
      if (config.redis.url !== '') {
        const remote = await (await adapters.redis()).createRedisLiveView(config, { partitions })
        this.#closeAndTrim('the live view', remote, () => trim(remote))
        return remote
      }
      const live = new (await adapters.embeddedLiveView()).EmbeddedLiveView(partitions)
      this.own.live = live
      this.#closeAndTrim('the live view', live, () => trim(live))
      return live
    })
  }

  objects(): Promise<ObjectStore> {
    return this.#once('the objects', () => openObjects(this.#options))
  }

  catalog(): Promise<OpenedCatalog> {
    return this.#once('the catalog', async () => {
      const { config, clock, closing } = this.#options
      const url = config.catalog.url === '' ? await this.#embeddedPostgres() : config.catalog.url
      const db = openPostgres<CatalogTables>(url)
      closing.add('the catalog', () => db.destroy())
      const catalog = await openCatalog({ db, blockMs: parseDuration(config.blocks.length), clock })
      return { catalog, url }
    })
  }

  /** DuckDB of this process: one for all who need it, so that its memory limit is one too. */
  duck(): Promise<DuckEngine> {
    return this.#once('DuckDB', async () => {
      const { config, closing } = this.#options
      const { threads, memory } = config.batch
      const { DuckEngine } = await import('../batch/duck/engine.js')
      const engine = new DuckEngine({ tempDir: join(config.data.dir, 'scratch', 'duckdb'), threads, memory })
      closing.add('DuckDB', () => engine.close())
      return engine
    })
  }

  async #embeddedPostgres(): Promise<string> {
    const { config, closing } = this.#options
    const server = await (await adapters.embeddedPostgres()).startEmbeddedPostgres(join(config.data.dir, 'postgres'))
    closing.add('Postgres', () => server.stop())
    return server.url
  }

  #closeAndTrim(what: string, store: { close(): Promise<void> }, trim: () => Promise<void>): void {
    const { closing, onError } = this.#options
    closing.add(what, () => store.close())
    closing.add(`trimming ${what}`, repeat(TRIM_EVERY_MS, trim, onError))
  }

  #once<T>(what: string, open: () => Promise<T>): Promise<T> {
    const known = this.#opened.get(what) as Promise<T> | undefined
    if (known) return known
    const opening = open()
    this.#opened.set(what, opening)
    return opening
  }
}
