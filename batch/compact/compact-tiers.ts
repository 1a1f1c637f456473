import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import { alignDown, type Clock, TIER_MS, type Tier, type TimeRange } from '../../schemas/time.js'
import { type Catalog, readState } from '../catalog/catalog.js'
import { type CompactedFile, publishCompacted } from '../catalog/compacted.js'
import { type CurrentFile, filesAt } from '../catalog/files.js'
import type { SeriesIndex } from '../catalog/series.js'
import type { DuckEngine } from '../duck/engine.js'
import { tierFilesSql } from '../duck/tier-files-sql.js'
import { dayOf } from '../object-day.js'
import { groupFiles } from './group-files.js'
import { writeByMetric } from './write-by-metric.js'

/** Tiers with several files a day, and those that long queries read first. */
const COMPACTED: readonly Tier[] = ['1h', '5m', '1m', '10s']
const DAY_MS = TIER_MS['1d']
/** As much is rewritten together at most, bytes. */
const TARGET_BYTES = 64 << 20
/** How often that is done in one call; the next call goes on. */
const GROUPS_PER_CALL = 100

/** What compacting works with. */
export interface CompactParts {
  catalog: Catalog
  objects: ObjectStore
  engine: DuckEngine
  series: SeriesIndex
  clock: Clock
  /** Makes object keys unique. */
  uniqueId: () => string
  /** Local folder for files on their way. */
  scratch: string
}

/**
 * Rewrites the small files of each whole day behind the tide line into few, each of some metrics, sorted by series and
 * time: a query opens one of a day for each metric. That is a new epoch that says the same as the one before; files of older epochs stay for as long as those are readable.
 * @returns how many files were replaced
 */
export async function compactTiers(parts: CompactParts): Promise<number> {
  let made = 0
  let replaced = 0
  for (const tier of COMPACTED) {
    for (const startMs of await daysToCompact(parts.catalog, tier)) {
      for (const group of groupFiles(await currentFiles(parts.catalog, tier, startMs), TARGET_BYTES)) {
        if (made === GROUPS_PER_CALL) return replaced
        if (!(await compactGroup(parts, tier, group))) continue
        made++
        replaced += group.length
      }
    }
  }
  return replaced
}

/** Starts of the whole days behind the tide line that have several files, oldest first. */
async function daysToCompact({ db }: Catalog, tier: Tier): Promise<number[]> {
  const { frontierMs } = await readState(db)
  const rows = await db
    .selectFrom('tier_files')
    .select(['span_start', 'span_end', 'epoch_from'])
    .distinct()
    .where('tier', '=', tier)
    .where('epoch_to', 'is', null)
    .where('span_start', '<', alignDown(frontierMs, DAY_MS))
    .execute()
  const files = new Map<number, number>()
  for (const { span_start: spanStart } of rows) {
    const dayMs = alignDown(spanStart, DAY_MS)
    files.set(dayMs, (files.get(dayMs) ?? 0) + 1)
  }
  return [...files].flatMap(([dayMs, count]) => (count > 1 ? [dayMs] : [])).sort((a, b) => a - b)
}

/** A day's files. One that reaches into the next day, where spans do not divide a day, stays as it is. */
async function currentFiles({ db }: Catalog, tier: Tier, startMs: number): Promise<CurrentFile[]> {
  const { epoch } = await readState(db)
  const day: TimeRange = { startMs, endMs: startMs + DAY_MS }
  const files = await filesAt(db, epoch, tier, day)
  return files.filter((file) => file.spanStart >= day.startMs && file.spanEnd <= day.endMs)
}

async function compactGroup(parts: CompactParts, tier: Tier, group: readonly CurrentFile[]): Promise<boolean> {
  const { catalog, objects, engine, series, clock, uniqueId, scratch } = parts
  await series.refresh()
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'compact-'))
  const range = {
    startMs: Math.min(...group.map(({ spanStart }) => spanStart)),
    endMs: Math.max(...group.map(({ spanEnd }) => spanEnd)),
  }
  try {
    const held = group.filter(({ windows }) => windows > 0)
    const from = await Promise.all(
      held.map(async ({ key, hidden }) => ({ path: await objects.localPath(key), hidden })),
    )
    const metricOf = (low: number, high: number) => series.find(low, high)?.metric
    const written =
      from.length > 0
        ? await engine.runAlone(({ reader }) => writeByMetric(reader, tierFilesSql(from), metricOf, folder))
        : []
    const files: CompactedFile[] = []
    for (const { path, ...file } of written) {
      const key = `tiers/${tier}/${dayOf(range.startMs)}/${range.startMs}-${range.endMs}-${uniqueId()}.parquet`
      const bytes = statSync(path).size
      await objects.put(key, path)
      files.push({ key, bytes, ...file })
    }
    const published = await publishCompacted(catalog.db, { tier, ...range, files }, group, clock())
    if (!published) for (const { key } of files) await objects.delete(key)
    return published
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
