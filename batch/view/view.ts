import type { DuckDBConnection } from '@duckdb/node-api'
import type {
  AggregatedWindows,
  BatchPart,
  BatchView,
  BlockVersion,
  Snapshot,
  WindowAggregation,
} from '../../schemas/ports/batch-view.js'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import type { Series } from '../../schemas/series/series.js'
import { alignUp, type Clock, TIER_MS, TIERS, type Tier, type TimeRange } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import { behind, type Catalog } from '../catalog/catalog.js'
import { FileIndex } from '../catalog/file-index.js'
import { blocksAt, epochState, mayHold } from '../catalog/files.js'
import type { SeriesIndex } from '../catalog/series.js'
import type { DuckEngine } from '../duck/engine.js'
import type { ReadableFile } from '../duck/tier-files-sql.js'
import { spanMs } from '../recompute/spans.js'
import type { BatchSettings } from '../settings.js'
import { aggregateSketches } from './aggregate-sketches.js'
import { aggregateWindows } from './aggregate-windows.js'
import { readWindows } from './read-windows.js'
import { aggregateWindowQuantiles } from './window-quantiles.js'

/** What the batch view reads from. */
export interface BatchViewParts {
  catalog: Catalog
  objects: ObjectStore
  engine: DuckEngine
  series: SeriesIndex
  clock: Clock
  settings: BatchSettings
}

/** The sealed past: DuckDB over the files that are current at a snapshot's epoch. */
export function createBatchView(parts: BatchViewParts): BatchView {
  const { catalog, objects, engine, series, clock, settings } = parts
  const index = new FileIndex(catalog.db)
  let seriesEpoch = 0
  /** Series of an epoch's files were registered before it was published. */
  const knowSeries = async ({ epoch }: Snapshot) => {
    if (epoch <= seriesEpoch) return
    const shown = await series.refresh()
    if (shown < epoch) throw behind(epoch, shown)
    seriesEpoch = Math.max(seriesEpoch, shown)
  }
  const filesOf = async ({ epoch }: Snapshot, part: BatchPart, selected: readonly Series[]) => {
    const metrics = new Set(selected.map(({ metric }) => metric))
    const inRange = await index.at(epoch, part.tier, part)
    const held = inRange.filter((file) => file.windows > 0 && mayHold(file, metrics))
    return Promise.all(held.map(async ({ key, hidden }) => ({ path: await objects.localPath(key), hidden })))
  }
  return {
    async snapshot(epoch?: number): Promise<Snapshot> {
      const nowMs = clock()
      const state = await epochState(catalog.db, epoch, nowMs - settings.oldGenerationsMs, settings.oldGenerations)
      return { ...state, blockMs: catalog.blockMs, heldFromMs: heldFrom(settings, catalog.blockMs, nowMs) }
    },

    blocks(snapshot: Snapshot, range: TimeRange): Promise<BlockVersion[]> {
      return blocksAt(catalog.db, snapshot.epoch, range, catalog.blockMs)
    },

    async version({ epoch }: Snapshot, { tier, ...range }: TimeRange & { tier: Tier }): Promise<string> {
      return (await index.at(epoch, tier, range)).map(({ id }) => id).join(' ')
    },

    async aggregate(snapshot: Snapshot, aggregation: WindowAggregation): Promise<AggregatedWindows | undefined> {
      const { tier, startMs, stepMs, steps, series: selected, groups } = aggregation
      const files = await filesOf(snapshot, { tier, startMs, endMs: startMs + stepMs * steps }, selected)
      if (files.length > 0) return engine.run((connection) => aggregateIn(connection, files, aggregation))
      const none = groups * steps
      return { value: new Float64Array(none), present: new Uint8Array(none), windows: 0 }
    },

    async *read(snapshot: Snapshot, part: BatchPart, matchers: readonly Matcher[]): AsyncIterable<WindowColumns> {
      await knowSeries(snapshot)
      const selected = part.series ?? series.select(matchers, part)
      if (selected.length === 0) return
      const files = await filesOf(snapshot, part, selected)
      if (files.length === 0) return
      yield* engine.stream((connection) => readWindows(connection, files, selected, part, part.columns))
    },

    async series(snapshot: Snapshot, range: TimeRange, matchers: readonly Matcher[]): Promise<Series[]> {
      await knowSeries(snapshot)
      return series.select(matchers, range)
    },
  }
}

function aggregateIn(connection: DuckDBConnection, files: readonly ReadableFile[], aggregation: WindowAggregation) {
  const { value, tier, stepMs } = aggregation
  if (value === 'quantile' && stepMs === TIER_MS[tier]) return aggregateWindowQuantiles(connection, files, aggregation)
  if (value === 'quantile' || value === 'distribution') return aggregateSketches(connection, files, aggregation)
  return aggregateWindows(connection, files, { ...aggregation, value })
}

function heldFrom(settings: BatchSettings, blockMs: number, nowMs: number): Record<Tier, number | undefined> {
  const held = TIERS.map((tier) => {
    const keptMs = settings.tierMs[tier]
    return [tier, keptMs === 0 ? undefined : alignUp(nowMs - keptMs, spanMs(tier, blockMs))]
  })
  return Object.fromEntries(held) as Record<Tier, number | undefined>
}
