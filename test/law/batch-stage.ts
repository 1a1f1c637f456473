import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { ObjectFolder } from '../../adapters/embedded/object-folder.js'
import { startEmbeddedPostgres } from '../../adapters/embedded/postgres.js'
import { openPostgres } from '../../adapters/postgres.js'
import { Archive } from '../../batch/archive/archive.js'
import { type Catalog, openCatalog } from '../../batch/catalog/catalog.js'
import { CatalogLateLedger } from '../../batch/catalog/late-ledger.js'
import { SeriesIndex } from '../../batch/catalog/series.js'
import { CatalogSpeedProgress } from '../../batch/catalog/speed-progress.js'
import type { CatalogTables } from '../../batch/catalog/tables.js'
import { createBatchWork } from '../../batch/create-work.js'
import { DuckEngine } from '../../batch/duck/engine.js'
import { type BatchSettings, batchSettings } from '../../batch/settings.js'
import { createBatchView } from '../../batch/view/view.js'
import { loadConfig } from '../../schemas/config/load.js'
import type { Rollup } from '../../schemas/config/schema.js'
import type { TidemarkError } from '../../schemas/errors.js'
import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { encodeRecord } from '../../schemas/log/record.js'
import { markStaleAt, wordsOf } from '../../schemas/points.js'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import type { WindowReader } from '../../schemas/ports/window-store.js'
import type { Series } from '../../schemas/series/series.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { FedLog } from './fed-log.js'

/** A point to send: series, time (ms), value; `stale` for a marker. */
export interface SentPoint {
  series: Series
  timeMs: number
  value: number
  weight?: number
  stale?: boolean
}

/** The batch layer on an embedded catalog, a temporary folder, a log in memory and a clock that tests set. */
export interface BatchStage {
  now: number
  log: FedLog
  catalog: Catalog
  objects: ObjectStore
  engine: DuckEngine
  ledger: CatalogLateLedger
  /** What the auditor finds in the hot store. */
  hot: WindowColumns
  settings: BatchSettings
  view: ReturnType<typeof createBatchView>
  work: ReturnType<typeof createBatchWork>
  archive: Archive
  errors: TidemarkError[]
  /** Appends points as one record and lets the archive take and flush them. */
  send(points: readonly SentPoint[], partition?: number): Promise<void>
  /** A second archive on the same catalog: what a restart makes. */
  restartArchive(): Promise<void>
  close(): Promise<void>
}

/** Time of a stage's start: in the middle of a block. */
export const STAGE_START = Date.UTC(2025, 0, 15, 12, 3)

/** Settings that differ from the defaults. */
export interface StageOptions {
  rollups?: Rollup[]
  /** Length of a block. */
  length?: string
  /** The group `anomaly` of the config. */
  anomaly?: Record<string, unknown>
  retention?: Partial<Record<'10s' | 'raw' | 'hot', string>>
  /** A database that is there; one is started without. */
  catalogUrl?: string
}

/** Sets a stage up. */
export async function openStage(options: StageOptions = {}): Promise<BatchStage> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-batch-'))
  chmodSync(folder, 0o755)
  const server = options.catalogUrl === undefined ? await startEmbeddedPostgres(join(folder, 'postgres')) : undefined
  const db = openPostgres<CatalogTables>(options.catalogUrl ?? server?.url ?? '') as Kysely<CatalogTables>
  const config = stageConfig(options)
  const settings = batchSettings(config)
  const stage = { now: STAGE_START, errors: [] as TidemarkError[], hot: new WindowColumns() }
  const clock = () => stage.now
  let serial = 0
  const uniqueId = () => `${++serial}`
  const catalog = await openCatalog({ db, blockMs: settings.blockMs, clock })
  const objects = await ObjectFolder.open(join(folder, 'objects'))
  const engine = new DuckEngine({ tempDir: join(folder, 'tmp'), threads: 2, memory: '512MB' })
  const log = new FedLog(2)
  const series = new SeriesIndex(db)
  const shared = { catalog, objects, engine, series, log, clock, uniqueId, settings }
  const view = createBatchView(shared)
  const hotStore: WindowReader = { read: (range) => windowsIn(stage.hot, range), series: async () => [] }
  const layer = createBatchWork({ ...shared, scratch: join(folder, 'work'), view, hotStore })
  const progress = new CatalogSpeedProgress(db)
  // The speed layer of this stage has always read everything and closed every window.
  const auditBlock = async (startMs: number) => {
    const bounds = await log.bounds()
    await progress.note(bounds.map(({ partition, end }) => ({ partition, offset: end, throughMs: stage.now })))
    return layer.auditBlock(startMs)
  }
  const work = { ...layer, auditBlock }
  const newArchive = () =>
    new Archive({
      ...shared,
      scratch: join(folder, 'flush'),
      flushEveryMs: 30_000,
      flushPoints: 1_000_000,
      onError: (error) => stage.errors.push(error),
    })
  const opened: BatchStage = Object.assign(stage, {
    log,
    catalog,
    objects,
    engine,
    settings,
    view,
    work,
    ledger: new CatalogLateLedger(db, settings.blockMs),
    archive: newArchive(),
    async send(points: readonly SentPoint[], partition = 0) {
      await log.append('tidemark.points', [{ partition, value: recordOf(points, stage.now) }])
      await log.feed()
      await opened.archive.flush()
    },
    async restartArchive() {
      opened.archive = newArchive()
      await opened.archive.start()
    },
    async close() {
      await opened.archive.stop().catch(() => undefined)
      await engine.close()
      await db.destroy()
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  })
  await opened.archive.start()
  return opened
}

function stageConfig({ rollups, length, retention, anomaly = {} }: StageOptions) {
  const overrides: Record<string, unknown> = { rollups: rollups ?? [], 'blocks.length': length ?? '10m', anomaly }
  for (const [key, value] of Object.entries(retention ?? {})) overrides[`retention.${key}`] = value
  return loadConfig({ env: {}, overrides })
}

/** Encodes points as one record. */
export function recordOf(points: readonly SentPoint[], receivedMs: number): Uint8Array {
  const series = [...new Map(points.map((point) => [point.series.id, point.series])).values()]
  const place = new Map(series.map((one, i) => [one.id, i]))
  const value = Float64Array.from(points, (point) => point.value)
  const words = wordsOf(value)
  for (const [i, point] of points.entries()) if (point.stale) markStaleAt(words, i)
  return encodeRecord({
    dictionary: encodeDictionary(series),
    pointCount: points.length,
    seriesIndex: Uint32Array.from(points, (point) => place.get(point.series.id) ?? 0),
    timeMs: Float64Array.from(points, (point) => point.timeMs),
    value,
    weight: points.some((point) => point.weight !== undefined)
      ? Float64Array.from(points, (point) => point.weight ?? 1)
      : undefined,
    receivedMs,
  })
}

async function* windowsIn(all: WindowColumns, range: { startMs: number; endMs: number }): AsyncIterable<WindowColumns> {
  const found = new WindowColumns()
  for (let row = 0; row < all.length; row++) {
    if (all.start[row] >= range.startMs && all.start[row] < range.endMs) found.pushRow(all, row)
  }
  yield found
}
