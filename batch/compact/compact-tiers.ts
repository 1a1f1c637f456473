import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectStore } from '../../schemas/ports/object-store.js'
import { alignDown, type Clock, TIER_MS, type Tier, type TimeRange } from '../../schemas/time.js'
import { type Catalog, readState } from '../catalog/catalog.js'
import { type CompactedFile, publishCompacted } from '../catalog/compacted.js'
import { type CurrentFile, filesAt } from '../catalog/files.js'
import type { SeriesIndex } from '../catalog/series.js'
import type { DuckEngine } from '../duck/engine.js'
import { dayOf } from '../object-day.js'
import { groupFiles } from './group-files.js'
import { writeByMetric } from './write-by-metric.js'

const DAY_MS = TIER_MS['1d']

/** An aligned stretch of a tier whose files become few. */
interface Level {
  tier: Tier
  days: number
  /** Files of fewer origins than this stay as they are. */
  leastUnits: number
  /** As much is rewritten together at most, bytes. */
  targetBytes: number
}

const daily = (tier: Tier): Level => ({ tier, days: 1, leastUnits: 2, targetBytes: 64 << 20 })
/** Four stretches become one, so a window is rewritten once a level; late blocks lie over it until there are some. */
const longer = (tier: Tier, days: number): Level => ({ tier, days, leastUnits: 4, targetBytes: 256 << 20 })

/**
 * Days of every tier that has several files a day, then the longer stretches of those tiers that queries over weeks and
 * years read.
 */
const LEVELS: readonly Level[] = [
  ...(['1h', '5m', '1m', '10s'] as const).map(daily),
  ...[4, 16, 64].map((days) => longer('1h', days)),
  ...[16, 64].map((days) => longer('1d', days)),
  longer('5m', 4),
]
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
 * Rewrites the small files of each whole stretch behind the tide line into few, each of some metrics, sorted by series
 * and time: a query opens one of a stretch for each metric. That is a new epoch that says the same as the one before;
 * files of older epochs stay for as long as those are readable.
 * @returns how many files were replaced
 */
export async function compactTiers(parts: CompactParts): Promise<number> {
  let made = 0
  let replaced = 0
  for (const level of LEVELS) {
    for (const stretch of await stretchesToCompact(parts.catalog, level)) {
      const files = await currentFiles(parts.catalog, level.tier, stretch)
      for (const group of groupFiles(files, level.targetBytes, level.leastUnits)) {
        if (made === GROUPS_PER_CALL) return replaced
        if (!(await compactGroup(parts, level.tier, group))) continue
        made++
        replaced += group.length
      }
    }
  }
  return replaced
}

/** The whole stretches behind the tide line that have several files and lie under no longer one, oldest first. */
async function stretchesToCompact({ db }: Catalog, { tier, days, leastUnits }: Level): Promise<TimeRange[]> {
  const { frontierMs } = await readState(db)
  const lengthMs = days * DAY_MS
  const spans = await db
    .selectFrom('tier_files')
    .select(['span_start as startMs', 'span_end as endMs', 'epoch_from'])
    .distinct()
    .where('tier', '=', tier)
    .where('epoch_to', 'is', null)
    .where('span_start', '<', alignDown(frontierMs, lengthMs))
    .execute()
  const units = new Map<number, number>()
  for (const { startMs } of spans) {
    const stretchMs = alignDown(startMs, lengthMs)
    units.set(stretchMs, (units.get(stretchMs) ?? 0) + 1)
  }
  const longerSpans = spans.filter(({ startMs, endMs }) => endMs - startMs > lengthMs)
  return [...units]
    .flatMap(([startMs, count]) => (count >= leastUnits ? [{ startMs, endMs: startMs + lengthMs }] : []))
    .filter((one) => !longerSpans.some(({ startMs, endMs }) => startMs < one.endMs && endMs > one.startMs))
    .sort((a, b) => a.startMs - b.startMs)
}

/** A stretch's files. One that reaches into the next stretch, where spans do not divide a day, stays as it is. */
async function currentFiles({ db }: Catalog, tier: Tier, stretch: TimeRange): Promise<CurrentFile[]> {
  const { epoch } = await readState(db)
  const files = await filesAt(db, epoch, tier, stretch)
  return files.filter((file) => file.spanStart >= stretch.startMs && file.spanEnd <= stretch.endMs)
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
    const from = await Promise.all(held.map(async (file) => ({ ...file, path: await objects.localPath(file.key) })))
    const metricOf = (low: number, high: number) => series.find(low, high)?.metric
    const written =
      from.length > 0 ? await engine.runAlone(({ reader }) => writeByMetric(reader, from, metricOf, folder)) : []
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
