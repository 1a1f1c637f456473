import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Rollup } from '../../schemas/config/schema.js'
import { joinId, type Series } from '../../schemas/series/series.js'
import type { Tier, TimeRange } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { type HeavyJobTools, parquetSql } from '../duck/engine.js'
import { type ReadableFile, tierFilesSql } from '../duck/tier-files-sql.js'
import { foldPoints, rawTraits } from './read-points.js'
import { BlockRollups, ROLLUP_SOURCES } from './rollups.js'
import { mergeInto, OutOfOrder, READING, SeriesFold } from './series-fold.js'
import { windowsBySeries } from './series-windows.js'
import { makeRoom, type WindowTable, withWindowTables } from './window-table.js'

/** A tier's windows of one span as a local file; without windows there is none. */
export interface SpanFile extends TimeRange {
  tier: Tier
  path?: string
  windows: number
  bytes: number
}

/** A tier and the span of one of its files. */
type Span = TimeRange & { tier: Tier }

/** What the computation of one block needs. */
export interface ComputeInput {
  tools: HeavyJobTools
  /** Local paths of the block's raw files. */
  rawPaths: readonly string[]
  /** Tiers and spans to compute, finest first (see `touchedSpans`). */
  spans: readonly Span[]
  /** The current files of a tier in a range, but for the span that starts at `exceptStart`. */
  tierPaths: (tier: Tier, range: TimeRange, exceptStart: number) => Promise<ReadableFile[]>
  findSeries: (idLow: number, idHigh: number) => Series | undefined
  rollups: readonly Rollup[]
  /** Folder for the files. */
  folder: string
}

/** Raw points of a block to one file a tier and span. */
export async function computeBlock(
  input: ComputeInput,
): Promise<{ files: SpanFile[]; points: number; derived: Series[] }> {
  const { spans } = input
  const length = spans[0].endMs - spans[0].startMs
  // Tiers whose files hold this block alone are folded from its points, the others merged from files.
  const own = spans.filter(({ startMs, endMs }) => endMs - startMs === length)
  const longer = async (child: SpanFile, derived: readonly Series[]) => {
    const known = new Map(derived.map((series) => [series.id, series]))
    const files: SpanFile[] = []
    for (const span of spans.slice(own.length)) {
      files.push(await mergeFiles(input, files[files.length - 1] ?? child, span, known))
    }
    return files
  }
  return foldBlock(input, own, longer)
}

/** Merges the files of longer spans from the coarsest that holds the block alone. */
type Longer = (child: SpanFile, derived: readonly Series[]) => Promise<SpanFile[]>

/** Folds the raw points to the tiers of these spans, rollups included. */
async function foldBlock(
  input: ComputeInput,
  spans: readonly Span[],
  longer: Longer,
): Promise<{ files: SpanFile[]; points: number; derived: Series[] }> {
  if (input.rawPaths.length === 0) {
    const files = spans.map(emptyFile)
    return { files: [...files, ...(await longer(files[files.length - 1], []))], points: 0, derived: [] }
  }
  try {
    return await foldFiles(input, spans, false, longer)
  } catch (error) {
    if (!(error instanceof OutOfOrder)) throw error
    // Each file is sorted, but a series that changed its partition lies in two.
    return foldFiles(input, spans, true, longer)
  }
}

async function foldFiles(input: ComputeInput, spans: readonly Span[], sort: boolean, longer: Longer) {
  const { tools, rawPaths, rollups: rules, findSeries } = input
  const { reader } = tools
  const tiers = spans.map(({ tier }) => tier)
  return withWindowTables(tools, [...tiers, ROLLUP_SOURCES], async (tables) => {
    const sources = tables[tiers.length]
    const rollups = new BlockRollups(rules, findSeries, sources)
    const fold = new SeriesFold(tiers)
    const append = (idLow: number, idHigh: number, windows: readonly WindowColumns[]) => {
      for (let t = 0; t < tiers.length; t++) tables[t].append(idLow, idHigh, windows[t])
    }
    const { points: stored, plain } = await rawTraits(reader, rawPaths)
    const points = await foldPoints(reader, parquetSql(rawPaths), plain, sort, fold, {
      take(idLow, idHigh) {
        const windows = fold.finish()
        if (rollups.take(idLow, idHigh, windows[0])) append(idLow, idHigh, windows)
      },
      makeRoom: () => makeRoom(tables),
    })
    if (points !== stored) throw new Error(`${points} of ${stored} raw points were read`)
    for await (const { idLow, idHigh, windows } of rollups.windows(reader)) {
      append(idLow, idHigh, fold.merge(windows))
      await makeRoom(tables)
    }
    const files = await writeSpans(input, spans, tables, (child) => longer(child, rollups.derived))
    return { files, points, derived: rollups.derived }
  })
}

/** Writes each span's file from its table, and those of longer spans: the finest, which takes longest, beside the others. */
async function writeSpans(
  { tools: { reader, copier }, folder }: ComputeInput,
  spans: readonly Span[],
  tables: readonly WindowTable[],
  longer: (child: SpanFile) => Promise<SpanFile[]>,
): Promise<SpanFile[]> {
  for (const [t] of spans.entries()) await tables[t].close()
  const finest = writeSpan(copier, tables[0], spans[0], folder)
  const coarser = async () => {
    const files: SpanFile[] = []
    for (let t = 1; t < spans.length; t++) files.push(await writeSpan(reader, tables[t], spans[t], folder))
    return [...files, ...(await longer(files[files.length - 1] ?? (await finest)))]
  }
  const both = [finest, coarser()] as const
  // Nothing may still read a table when the tables are dropped.
  await Promise.allSettled(both)
  const [first, rest] = await Promise.all(both)
  return [first, ...rest]
}

/** Merges the files of the tier before, the new one among them, to a span that is longer than theirs. */
async function mergeFiles(
  { tools, tierPaths, findSeries, folder }: ComputeInput,
  child: SpanFile,
  span: Span,
  derived: ReadonlyMap<bigint, Series>,
): Promise<SpanFile> {
  const others = await tierPaths(child.tier, span, child.startMs)
  const files = child.path ? [...others, { path: child.path, hidden: [] }] : others
  if (files.length === 0) return emptyFile(span)
  const seriesOf = (low: number, high: number) => derived.get(joinId(low, high)) ?? findSeries(low, high) ?? READING
  return withWindowTables(tools, [span.tier], async ([table]) => {
    const merged = new WindowColumns()
    for await (const { idLow, idHigh, windows } of windowsBySeries(tools.reader, tierFilesSql(files), seriesOf)) {
      merged.clear()
      mergeInto(merged, windows, span.tier)
      table.append(idLow, idHigh, merged)
      await makeRoom([table])
    }
    await table.close()
    return writeSpan(tools.writer, table, span, folder)
  })
}

async function writeSpan(
  connection: DuckDBConnection,
  table: WindowTable,
  span: Span,
  folder: string,
): Promise<SpanFile> {
  const { tier, startMs, endMs } = span
  if (table.length === 0) return emptyFile(span)
  const path = join(folder, `${tier}-${startMs}.parquet`)
  await table.writeTo(connection, path)
  return { tier, startMs, endMs, path, windows: table.length, bytes: statSync(path).size }
}

function emptyFile({ tier, startMs, endMs }: Span): SpanFile {
  return { tier, startMs, endMs, windows: 0, bytes: 0 }
}
