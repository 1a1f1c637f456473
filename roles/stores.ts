import { join } from 'node:path'
import { EmbeddedHotStore } from '../adapters/embedded/hot-store.js'
import { EmbeddedLiveView } from '../adapters/embedded/live-view.js'
import { EmbeddedLog } from '../adapters/embedded/log.js'
import { ObjectFolder } from '../adapters/embedded/object-folder.js'
import { startEmbeddedPostgres } from '../adapters/embedded/postgres.js'
import { openPostgres } from '../adapters/postgres.js'
import { type Catalog, openCatalog } from '../batch/catalog/catalog.js'
import type { CatalogTables } from '../batch/catalog/tables.js'
import { parseDuration } from '../schemas/config/duration.js'
import type { Config } from '../schemas/config/schema.js'
import type { TidemarkError } from '../schemas/errors.js'
import type { Log } from '../schemas/ports/log.js'
import type { ObjectStore } from '../schemas/ports/object-store.js'
import type { Clock } from '../schemas/time.js'
import type { CloseStack } from './close-stack.js'
import { repeat } from './repeat.js'

/** Dead letters wait this long for someone to look at them, ms. */
const DEADLETTER_RETENTION_MS = 7 * 86_400_000
/** Stores are trimmed this often, ms. */
const TRIM_EVERY_MS = 60_000

/** Every store behind its port. */
export interface Stores {
  log: Log
  hot: EmbeddedHotStore
  live: EmbeddedLiveView
  objects: ObjectStore
  catalog: Catalog
  /** Where the catalog is: postgres://… with the password. */
  catalogUrl: string
}

/** What opening needs. */
export interface StoreOptions {
  config: Config
  clock: Clock
  closing: CloseStack
  onError: (error: TidemarkError) => void
}

/** Opens the embedded stores in the data folder and keeps them within their retention. */
export async function openStores({ config, clock, closing, onError }: StoreOptions): Promise<Stores> {
  const { dir } = config.data
  const log = new EmbeddedLog({
    folder: join(dir, 'log'),
    partitions: config.log.partitions,
    retentionMs: {
      'tidemark.points': parseDuration(config.log.points_retention),
      'tidemark.windows': parseDuration(config.log.windows_retention),
      'tidemark.deadletter': DEADLETTER_RETENTION_MS,
    },
    clock,
  })
  closing.add('the log', () => log.close())
  const hot = new EmbeddedHotStore(join(dir, 'hot'))
  closing.add('the hot store', () => hot.close())
  const live = new EmbeddedLiveView(await log.partitions('tidemark.points'))
  closing.add('the live view', () => live.close())
  const objects = await ObjectFolder.open(join(dir, 'objects'))
  const catalogUrl = await catalogUrlOf(config, closing)
  const db = openPostgres<CatalogTables>(catalogUrl)
  closing.add('the catalog', () => db.destroy())
  const catalog = await openCatalog({ db, blockMs: parseDuration(config.blocks.length), clock })

  const hotMs = parseDuration(config.retention.hot)
  const liveMs = parseDuration(config.speed.live_view)
  const trim = async () => {
    await live.trim(clock() - liveMs)
    await hot.trim(clock() - hotMs)
    await log.trim(clock())
  }
  closing.add('trimming', repeat(TRIM_EVERY_MS, trim, onError))
  return { log, hot, live, objects, catalog, catalogUrl }
}

/** The configured database, or the embedded one, started. */
async function catalogUrlOf(config: Config, closing: CloseStack): Promise<string> {
  if (config.catalog.url !== '') return config.catalog.url
  const server = await startEmbeddedPostgres(join(config.data.dir, 'postgres'))
  closing.add('Postgres', () => server.stop())
  return server.url
}
