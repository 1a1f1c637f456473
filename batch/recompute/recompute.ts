import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { TidemarkError } from '../../schemas/errors.js'
import type { Log } from '../../schemas/ports/log.js'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import type { Clock, Tier, TimeRange } from '../../schemas/time.js'
import { compactRaw } from '../archive/raw-file.js'
import { type BlockBase, dirtyBlocks, markRecomputing, publish, readBase, type TierFile } from '../catalog/blocks.js'
import { type Catalog, readState } from '../catalog/catalog.js'
import { type CurrentFile, filesAt } from '../catalog/files.js'
import { archivePositions } from '../catalog/progress.js'
import type { SeriesIndex, SeriesSpan } from '../catalog/series.js'
import type { DuckEngine } from '../duck/engine.js'
import type { ReadableFile } from '../duck/tier-files-sql.js'
import { dayOf } from '../object-day.js'
import type { BatchSettings } from '../settings.js'
import type { RecomputedBlock } from '../work.js'
import { computeBlock, type SpanFile } from './compute.js'
import { spanMs, touchedSpans } from './spans.js'

/** Blocks sealed in one call, and tries against other workers that publish the same span. */
const SEALS_PER_CALL = 100
const TRIES = 5

/** What recomputing works with. */
export interface RecomputeParts {
  catalog: Catalog
  objects: ObjectStore
  engine: DuckEngine
  series: SeriesIndex
  log: Log
  clock: Clock
  /** Makes object keys unique. */
  uniqueId: () => string
  settings: BatchSettings
  /** Local folder for files on their way; emptied at start. */
  scratch: string
}

interface Computed {
  files: TierFile[]
  compacted?: { key: string; points: number; bytes: number }
  derived: SeriesSpan[]
  points: number
  keys: string[]
}

/** Raw points to tiers: seals blocks and recomputes dirty ones. */
export class Recompute {
  readonly #parts: RecomputeParts

  constructor(parts: RecomputeParts) {
    this.#parts = parts
    rmSync(parts.scratch, { recursive: true, force: true })
  }

  /** Seals every block whose points have all been archived, oldest first. @returns their starts, ms */
  async seal(): Promise<number[]> {
    const { catalog, settings } = this.#parts
    const archivedMs = await this.#archivedThrough()
    const sealed: number[] = []
    while (sealed.length < SEALS_PER_CALL) {
      const { frontierMs } = await readState(catalog.db)
      // A point of the block's last millisecond is received no earlier than that, so the end itself must be passed.
      if (archivedMs <= frontierMs + catalog.blockMs + settings.latenessMs + settings.slackMs) break
      await this.#recompute(frontierMs, true)
      sealed.push(frontierMs)
    }
    return sealed
  }

  /** Starts of the dirty blocks that have waited long enough, ms. */
  async dirtyReady(): Promise<number[]> {
    const { catalog, settings, clock } = this.#parts
    return dirtyBlocks(catalog.db, clock(), settings.debounceMs, settings.deadlineMs)
  }

  /** Recomputes a sealed block. Throws TM_BLOCK_UNKNOWN. */
  async block(startMs: number): Promise<RecomputedBlock> {
    return this.#recompute(startMs, false)
  }

  /** Every point received before this time is in the archive, ms. The clock is read before the log's bounds. */
  async #archivedThrough(): Promise<number> {
    const { log, catalog, clock } = this.#parts
    const nowMs = clock()
    const bounds = await log.bounds('tidemark.points')
    const positions = new Map((await archivePositions(catalog.db)).map((position) => [position.partition, position]))
    let throughMs = nowMs
    for (const { partition, start, end } of bounds) {
      const position = positions.get(partition)
      if ((position?.nextOffset ?? start) >= end) continue
      throughMs = Math.min(throughMs, position?.receivedMs ?? Number.NEGATIVE_INFINITY)
    }
    return throughMs
  }

  async #recompute(startMs: number, sealing: boolean): Promise<RecomputedBlock> {
    const { catalog, objects, clock } = this.#parts
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const base = await readBase(catalog.db, startMs)
      if (startMs % catalog.blockMs !== 0 || (!sealing && startMs >= base.frontierMs)) {
        throw new TidemarkError('TM_BLOCK_UNKNOWN', { start: startMs, lengthMs: catalog.blockMs })
      }
      if (sealing && base.frontierMs !== startMs) return { generation: base.generation, epoch: base.epoch, points: 0 }
      await markRecomputing(catalog.db, startMs, clock())
      const computed = await this.#compute(base, sealing)
      const done = await publish(catalog.db, catalog.blockMs, {
        base,
        files: computed.files,
        compacted: computed.compacted,
        series: computed.derived,
        nowMs: clock(),
      })
      if (done) return { ...done, points: computed.points }
      // Another worker published a part of what this one read: its files are of no use.
      for (const key of computed.keys) await objects.delete(key)
    }
    throw new TidemarkError('TM_CATALOG_UNAVAILABLE', {
      reason: `block ${startMs} is being recomputed by other workers`,
    })
  }

  async #compute(base: BlockBase, sealing: boolean): Promise<Computed> {
    const { catalog, engine, objects, settings, series, scratch } = this.#parts
    await series.refresh()
    mkdirSync(scratch, { recursive: true })
    const folder = mkdtempSync(join(scratch, 'block-'))
    const frontierMs = sealing ? base.startMs + catalog.blockMs : base.frontierMs
    try {
      const rawPaths = await Promise.all(base.rawFiles.map((file) => objects.localPath(file.key)))
      const { result, compacted } = await engine.runAlone(async (tools) => {
        // First, for one file is sorted as a whole, and several are not.
        const compacted = await this.#compact(tools.reader, base, rawPaths, folder)
        const result = await computeBlock({
          tools,
          rawPaths: compacted ? [compacted.path] : rawPaths,
          spans: touchedSpans(base.startMs, catalog.blockMs, frontierMs),
          tierPaths: (tier, range, exceptStart) => this.#tierPaths(base.epoch, tier, range, exceptStart),
          findSeries: (low, high) => series.find(low, high),
          rollups: settings.rollups,
          folder,
        })
        return { result, compacted }
      })
      const keys: string[] = []
      const files = []
      for (const file of result.files) files.push(await this.#store(file, keys))
      const endMs = base.startMs + catalog.blockMs
      return {
        files,
        compacted: compacted && (await this.#storeCompacted(base, compacted, keys)),
        derived: result.derived.map((one) => ({ series: one, firstMs: base.startMs + 1, lastMs: endMs })),
        points: result.points,
        keys,
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  async #tierPaths(epoch: number, tier: Tier, range: TimeRange, exceptStart: number): Promise<ReadableFile[]> {
    const { catalog, objects } = this.#parts
    const files = await filesAt(catalog.db, epoch, tier, range)
    const except = { startMs: exceptStart, endMs: exceptStart + spanMs(tier, catalog.blockMs) }
    const isExcept = (file: CurrentFile) => file.spanStart === except.startMs && file.spanEnd === except.endMs
    const others = files.filter((file) => file.windows > 0 && !isExcept(file))
    return Promise.all(
      others.map(async (file) => ({
        path: await objects.localPath(file.key),
        hidden: [...file.hidden, ...beyond(file, range, except)],
      })),
    )
  }

  /** Several files of one partition become one file for the whole block. */
  async #compact(connection: DuckDBConnection, base: BlockBase, paths: readonly string[], folder: string) {
    const partitions = new Set(base.rawFiles.map((file) => file.partition))
    if (base.rawFiles.length <= 1 || (partitions.size === base.rawFiles.length && !partitions.has(null)))
      return undefined
    const path = join(folder, 'raw.parquet')
    return { path, ...(await compactRaw(connection, paths, path)) }
  }

  async #store(file: SpanFile, keys: string[]): Promise<TierFile> {
    const { path, ...rest } = file
    if (path === undefined) return rest
    const key = `tiers/${file.tier}/${dayOf(file.startMs)}/${file.startMs}-${this.#parts.uniqueId()}.parquet`
    keys.push(key)
    await this.#parts.objects.put(key, path)
    return { ...rest, key }
  }

  async #storeCompacted(
    base: BlockBase,
    { path, points, bytes }: { path: string; points: number; bytes: number },
    keys: string[],
  ) {
    const key = `raw/${dayOf(base.startMs)}/${base.startMs}/all-${this.#parts.uniqueId()}.parquet`
    keys.push(key)
    await this.#parts.objects.put(key, path)
    return { key, points, bytes }
  }
}

/** What a compacted file holds beyond a range, and the span within it that is not wanted. */
function beyond({ spanStart, spanEnd }: CurrentFile, range: TimeRange, except: TimeRange): TimeRange[] {
  const stretches = [
    { startMs: spanStart, endMs: range.startMs },
    { startMs: range.endMs, endMs: spanEnd },
    { startMs: Math.max(spanStart, except.startMs), endMs: Math.min(spanEnd, except.endMs) },
  ]
  return stretches.filter(({ startMs, endMs }) => startMs < endMs)
}
