import { join } from 'node:path'
import { BIGINT, type DuckDBConnection, INTEGER } from '@duckdb/node-api'
import { splitId } from '../../schemas/series/series.js'
import { appendColumns } from '../duck/append.js'
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

/**
 * Writes windows into files of some metrics each.
 * @param windows a relation with the columns of a tier's file
 */
export async function writeByMetric(
  connection: DuckDBConnection,
  windows: string,
  metricOf: (idLow: number, idHigh: number) => string | undefined,
  folder: string,
): Promise<WrittenFile[]> {
  await connection.run(`CREATE TEMP TABLE held AS SELECT * FROM ${windows}`)
  const counted = await connection.runAndReadAll('SELECT series_id, count(*)::DOUBLE FROM held GROUP BY series_id')
  const [ids, counts] = counted.getColumns() as [bigint[], number[]]
  if (!ids || ids.length === 0) return []
  const metrics = ids.map((id) => metricOf(...splitId(id)))
  if (metrics.some((metric) => metric === undefined)) {
    const path = join(folder, 'all.parquet')
    const written = await copy(connection, 'held', path)
    return [{ path, windows: written, metricFrom: null, metricTo: null }]
  }
  const perMetric = new Map<string, number>()
  for (const [i, metric] of metrics.entries())
    perMetric.set(metric ?? '', (perMetric.get(metric ?? '') ?? 0) + counts[i])
  const runs = cutMetrics(perMetric)
  const runOf = (metric = '') => runs.findIndex(({ from, to }) => metric >= from && metric <= to)
  await connection.run('CREATE TEMP TABLE runs (id BIGINT, run INTEGER)')
  await appendColumns(connection, 'runs', ids.length, [
    { type: BIGINT, value: (row) => ids[row] },
    { type: INTEGER, value: (row) => runOf(metrics[row]) },
  ])
  const files: WrittenFile[] = []
  for (const [run, { from, to }] of runs.entries()) {
    const path = join(folder, `${run}.parquet`)
    const source =
      runs.length === 1 ? 'held' : `(SELECT * FROM held WHERE series_id IN (SELECT id FROM runs WHERE run = ${run}))`
    files.push({ path, windows: await copy(connection, source, path), metricFrom: from, metricTo: to })
  }
  return files
}

/** @returns how many windows were written */
async function copy(connection: DuckDBConnection, windows: string, path: string): Promise<number> {
  const rows = (await connection.runAndReadAll(copyCompactedSql(windows, path))).getRows()
  return Number(rows[0][0])
}
