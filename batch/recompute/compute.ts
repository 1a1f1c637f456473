import { statSync } from 'node:fs'
import { join } from 'node:path'
import { BIGINT, BOOLEAN, type DuckDBConnection } from '@duckdb/node-api'
import type { Rollup } from '../../schemas/config/schema.js'
import { isEvent } from '../../schemas/points.js'
import { type Series, splitId } from '../../schemas/series/series.js'
import type { Tier, TimeRange } from '../../schemas/time.js'
import { appendColumns } from '../duck/append.js'
import { numberOf, parquetSql } from '../duck/engine.js'
import { copyWindowsSql } from './file-sql.js'
import {
  bucketsSql,
  countWindowsSql,
  DEDUPLICATE_SQL,
  foldSql,
  type PointTraits,
  pointsSql,
  RANGE_POINTS,
  seriesSql,
  TRAITS_SQL,
} from './fold-sql.js'
import { fileSeriesSql, loadWindowsSql, mergeWindowsSql } from './merge-sql.js'
import { applyRollups } from './rollups.js'
import { sketchesSql, sketchTraitsSql } from './sketch-sql.js'

/** A tier's windows of one span as a local file; without windows there is none. */
export interface SpanFile extends TimeRange {
  tier: Tier
  path?: string
  windows: number
  bytes: number
}

/** What the computation of one block needs. */
export interface ComputeInput {
  connection: DuckDBConnection
  blockStart: number
  /** Local paths of the block's raw files. */
  rawPaths: readonly string[]
  /** Tiers and spans to compute, finest first (see `touchedSpans`). */
  spans: readonly (TimeRange & { tier: Tier })[]
  /** Local paths of the current files of a tier in a range, but for the span that starts at `exceptStart`. */
  tierPaths: (tier: Tier, range: TimeRange, exceptStart: number) => Promise<string[]>
  findSeries: (idLow: number, idHigh: number) => Series | undefined
  rollups: readonly Rollup[]
  /** Folder for the files. */
  folder: string
}

/** Raw points of a block to one file a tier and span. */
export async function computeBlock(
  input: ComputeInput,
): Promise<{ files: SpanFile[]; points: number; derived: Series[] }> {
  const { connection, spans, folder } = input
  const { points, derived } = await foldBlock(input)
  const known = new Map(derived.map((series) => [series.id, series]))
  const files: SpanFile[] = []
  for (const [place, span] of spans.entries()) {
    const child = spans[place - 1]
    if (child && child.endMs - child.startMs === span.endMs - span.startMs) {
      if (files[place - 1].windows > 0) await connection.run(mergeWindowsSql(span.tier, child.tier))
    } else if (child) {
      await mergeFiles(input, files[place - 1], span, known)
    }
    files.push(await writeSpan(connection, span, folder))
  }
  return { files, points, derived }
}

/** Folds raw points to `windows_10s` and `buckets_10s`, rollups included. Without raw files there are no tables. */
async function foldBlock(input: ComputeInput): Promise<{ points: number; derived: Series[] }> {
  const { connection, rawPaths, blockStart, rollups } = input
  if (rawPaths.length === 0) return { points: 0, derived: [] }
  const points = await foldPoints(connection, parquetSql(rawPaths), blockStart)
  const derived = rollups.length > 0 ? await applyRollups(connection, rollups, await seriesByTag(input)) : []
  return { points, derived }
}

/** Folds raw points into the temporary tables of fold-sql.ts. @returns how many points there were */
export async function foldPoints(
  connection: DuckDBConnection,
  raw: string,
  startMs: number,
  rangePoints = RANGE_POINTS,
): Promise<number> {
  await connection.run(seriesSql(raw))
  const traits = await pointTraits(connection)
  await connection.run(pointsSql(raw, startMs, traits))
  // Counting reads every point once more: not where the bound says enough.
  const isDense = 2 * traits.windowsAtMost <= traits.points
  const windows = isDense ? traits.windowsAtMost : await numberOf(connection, countWindowsSql(traits, rangePoints))
  const single = 2 * windows > traits.points
  await connection.run(foldSql(startMs, traits, single, rangePoints))
  if ((await numberOf(connection, 'SELECT coalesce(sum(duplicates), 0) FROM windows_10s')) > 0) {
    await connection.run(DEDUPLICATE_SQL)
    await connection.run(foldSql(startMs, traits, single, rangePoints))
  }
  await connection.run(bucketsSql(traits, windows === traits.points))
  await connection.run('DROP TABLE points')
  return traits.points
}

async function pointTraits(connection: DuckDBConnection): Promise<PointTraits> {
  const row = (await connection.runAndReadAll(TRAITS_SQL)).getRows()[0]
  const [points, windowsAtMost, events, weighted, stale, infinite, notPositive] = row.map(Number)
  const finite = infinite === 0 && stale === 0
  return {
    points,
    windowsAtMost,
    events: events === 1,
    weighted: weighted === 1,
    stale: stale === 1,
    finite,
    positive: finite && notPositive === 0,
  }
}

async function seriesByTag({ connection, findSeries }: ComputeInput): Promise<Map<number, Series>> {
  const byTag = new Map<number, Series>()
  for (const [id, tag] of (await connection.runAndReadAll('SELECT series_id, tag FROM series')).getRows()) {
    const series = findSeries(...splitId(id as bigint))
    if (series) byTag.set(Number(tag), series)
  }
  return byTag
}

/** Loads the child tier's files of a span that is longer than the child's, and merges them. */
async function mergeFiles(
  input: ComputeInput,
  child: SpanFile,
  span: TimeRange & { tier: Tier },
  derived: ReadonlyMap<bigint, Series>,
): Promise<void> {
  const { connection } = input
  const tables = (await connection.runAndReadAll('SELECT table_name FROM duckdb_tables() WHERE temporary')).getRows()
  for (const [table] of tables) await connection.run(`DROP TABLE IF EXISTS "${String(table)}"`)
  const others = await input.tierPaths(child.tier, span, child.startMs)
  const paths = child.path ? [...others, child.path] : others
  if (paths.length === 0) return
  const files = parquetSql(paths)
  await connection.run('CREATE TEMP TABLE kinds (series_id BIGINT, event BOOLEAN)')
  const ids = (await connection.runAndReadAll(`SELECT DISTINCT series_id FROM ${files}`)).getColumns()[0] as bigint[]
  await appendColumns(connection, 'kinds', ids?.length ?? 0, [
    { type: BIGINT, value: (row) => ids[row] },
    {
      type: BOOLEAN,
      value: (row) => {
        const series = derived.get(ids[row]) ?? input.findSeries(...splitId(ids[row]))
        return series !== undefined && isEvent(series.kind)
      },
    },
  ])
  await connection.run(fileSeriesSql(files, 'kinds'))
  await connection.run(loadWindowsSql(child.tier, files, span.startMs))
  await connection.run(mergeWindowsSql(span.tier, child.tier))
}

async function writeSpan(
  connection: DuckDBConnection,
  span: TimeRange & { tier: Tier },
  folder: string,
): Promise<SpanFile> {
  const { tier, startMs, endMs } = span
  const exists = await numberOf(
    connection,
    `SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = 'windows_${tier}'`,
  )
  const path = join(folder, `${tier}-${startMs}.parquet`)
  const windows = exists ? await writeWindows(connection, tier, startMs, path) : 0
  if (windows === 0) return { tier, startMs, endMs, windows: 0, bytes: 0 }
  return { tier, startMs, endMs, path, windows, bytes: statSync(path).size }
}

/** Writes the windows in a tier's temporary tables to a file, if there are any. @returns how many there are */
export async function writeWindows(
  connection: DuckDBConnection,
  tier: Tier,
  spanStartMs: number,
  path: string,
): Promise<number> {
  const row = (await connection.runAndReadAll(sketchTraitsSql(tier))).getRows()[0]
  const [windows, any, plain, positive, whole] = row.map(Number)
  if (windows === 0) return 0
  const sketched = any === 1
  if (sketched) {
    const traits = { plain: plain === 1, positive: positive === 1, whole: whole === 1 }
    await connection.run(sketchesSql(tier, traits))
  }
  await connection.run(copyWindowsSql(tier, spanStartMs, path, sketched))
  return windows
}
