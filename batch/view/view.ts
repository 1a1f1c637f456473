import type { BatchPart, BatchView, BlockVersion, Snapshot } from '../../schemas/ports/batch-view.js'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import type { Series } from '../../schemas/series/series.js'
import { alignUp, type Clock, TIERS, type Tier, type TimeRange } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { Catalog } from '../catalog/catalog.js'
import { blocksAt, epochState, filesAt } from '../catalog/files.js'
import type { SeriesIndex } from '../catalog/series.js'
import type { DuckEngine } from '../duck/engine.js'
import { spanMs } from '../recompute/spans.js'
import type { BatchSettings } from '../settings.js'
import { readWindows } from './read-windows.js'

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
  return {
    async snapshot(epoch?: number): Promise<Snapshot> {
      const nowMs = clock()
      const state = await epochState(catalog.db, epoch, nowMs - settings.oldGenerationsMs, settings.oldGenerations)
      return { ...state, blockMs: catalog.blockMs, heldFromMs: heldFrom(settings, catalog.blockMs, nowMs) }
    },

    blocks(snapshot: Snapshot, range: TimeRange): Promise<BlockVersion[]> {
      return blocksAt(catalog.db, snapshot.epoch, range)
    },

    async *read(snapshot: Snapshot, part: BatchPart, matchers: readonly Matcher[]): AsyncIterable<WindowColumns> {
      await series.refresh()
      const selected = series.select(matchers, part)
      if (selected.length === 0) return
      const files = await filesAt(catalog.db, snapshot.epoch, part.tier, part)
      if (files.length === 0) return
      const paths = await Promise.all(files.map((file) => objects.localPath(file.key)))
      yield* engine.stream((connection) => readWindows(connection, paths, selected, part))
    },

    async series(_snapshot: Snapshot, range: TimeRange, matchers: readonly Matcher[]): Promise<Series[]> {
      await series.refresh()
      return series.select(matchers, range)
    },
  }
}

function heldFrom(settings: BatchSettings, blockMs: number, nowMs: number): Record<Tier, number | undefined> {
  const held = TIERS.map((tier) => {
    const keptMs = settings.tierMs[tier]
    return [tier, keptMs === 0 ? undefined : alignUp(nowMs - keptMs, spanMs(tier, blockMs))]
  })
  return Object.fromEntries(held) as Record<Tier, number | undefined>
}
