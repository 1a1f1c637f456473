import { join } from 'node:path'
import { BIGINT, type DuckDBConnection, INTEGER } from '@duckdb/node-api'
import { splitId } from '../../schemas/series/series.js'
import { appendColumns } from '../duck/append.js'
import { type ReadableFile, tierFilesSql } from '../duck/tier-files-sql.js'
import { copyCompactedSql } from '../recompute/file-sql.js'

/** Metrics share a file up to this many windows, or a share of all of them. */
const FILE_WINDOWS = 32_768
const MOST_FILES = 64

/** A file that was written, with the first and the last metric in it; null where some series is not known. */
export interface WrittenFile {
  path: string
  windows: number
  metricFrom: string | null
  metricTo: string | null
}

/** Metrics that share a file. */
export interface MetricRun {
  from: string
  to: string
  windows: number
}

/** Cuts metrics, in order of their names, into runs for a file each. A metric is never cut. */
export function cutMetrics(windows: ReadonlyMap<string, number>): MetricRun[] {
  const total = [...windows.values()].reduce((sum, count) => sum + count, 0)
  const target = Math.max(FILE_WINDOWS, total / MOST_FILES)
  const runs: MetricRun[] = []
  for (const metric of [...windows.keys()].sort()) {
    const count = windows.get(metric) ?? 0
    const run = runs.at(-1)
    if (run && run.windows + count <= target) {
      run.to = metric
      run.windows += count
    } else runs.push({ from: metric, to: metric, windows: count })
  }
  return runs
}

/** A tier's file with the metrics that it may hold; null: any. */
export interface MetricFile extends ReadableFile {
  windows: number
  metricFrom: string | null
  metricTo: string | null
}

/** Windows may be decoded so many times before they are held in a table instead. */
const DECODED_TIMES = 1.5

/** Writes the windows of some files, of which there is at least one, into files of some metrics each. */
export async function writeByMetric(
  connection: DuckDBConnection,
  files: readonly MetricFile[],
  metricOf: (idLow: number, idHigh: number) => string | undefined,
  folder: string,
): Promise<WrittenFile[]> {
  const counts = await countSeries(connection, files)
  if (counts.length === 0) return []
  const metrics = counts.map(({ id }) => metricOf(...splitId(id)))
  if (metrics.some((metric) => metric === undefined)) {
    const path = join(folder, 'all.parquet')
    const windows = await copy(connection, tierFilesSql(files), path)
    return [{ path, windows, metricFrom: null, metricTo: null }]
  }
  const perMetric = new Map<string, number>()
  for (const [i, metric = ''] of metrics.entries())
    perMetric.set(metric, (perMetric.get(metric) ?? 0) + counts[i].windows)
  const runs = cutMetrics(perMetric)
  const runOf = (metric = '') => runs.findIndex(({ from, to }) => metric >= from && metric <= to)
  await connection.run('CREATE TEMP TABLE runs (id BIGINT, run INTEGER)')
  await appendColumns(connection, 'runs', counts.length, [
    { type: BIGINT, value: (row) => counts[row].id },
    { type: INTEGER, value: (row) => runOf(metrics[row]) },
  ])
  const sourceOf = await sourcesOf(connection, files, runs)
  const written: WrittenFile[] = []
  for (const [place, run] of runs.entries()) {
    const path = join(folder, `${place}.parquet`)
    const windows = `(SELECT * FROM ${sourceOf(run)} WHERE series_id IN (SELECT id FROM runs WHERE run = ${place}))`
    written.push({ path, windows: await copy(connection, windows, path), metricFrom: run.from, metricTo: run.to })
  }
  return written
}

async function countSeries(connection: DuckDBConnection, files: readonly ReadableFile[]) {
  const counted = await connection.runAndReadAll(
    `SELECT series_id, count(*)::DOUBLE FROM ${tierFilesSql(files)} GROUP BY series_id`,
  )
  const [ids = [], counts = []] = counted.getColumns() as [bigint[]?, number[]?]
  return ids.map((id, i) => ({ id, windows: counts[i] }))
}

/** Where a run's windows are read: in the files that may hold them or, where that is most of them, in one table of all. */
async function sourcesOf(
  connection: DuckDBConnection,
  files: readonly MetricFile[],
  runs: readonly MetricRun[],
): Promise<(run: MetricRun) => string> {
  const holding = ({ from, to }: MetricRun) =>
    files.filter(
      ({ metricFrom, metricTo }) => metricFrom === null || metricTo === null || (metricFrom <= to && metricTo >= from),
    )
  const total = (some: readonly MetricFile[]) => some.reduce((sum, { windows }) => sum + windows, 0)
  const decoded = runs.reduce((sum, run) => sum + total(holding(run)), 0)
  if (decoded <= total(files) * DECODED_TIMES) return (run) => tierFilesSql(holding(run))
  await connection.run(`CREATE TEMP TABLE held AS SELECT * FROM ${tierFilesSql(files)}`)
  return () => 'held'
}

/** @returns how many windows were written */
async function copy(connection: DuckDBConnection, windows: string, path: string): Promise<number> {
  const rows = (await connection.runAndReadAll(copyCompactedSql(windows, path))).getRows()
  return Number(rows[0][0])
}
