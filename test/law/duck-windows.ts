import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { BIGINT, DOUBLE, type DuckDBConnection, INTEGER } from '@duckdb/node-api'
import { PointBuffer, STALE_KIND } from '../../batch/archive/buffer.js'
import { writeBuffer } from '../../batch/archive/write-buffer.js'
import { appendColumns } from '../../batch/duck/append.js'
import { readWindows } from '../../batch/view/read-windows.js'
import { decodeRecord } from '../../schemas/log/record.js'
import type { Series } from '../../schemas/series/series.js'
import type { TimeRange } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { recordOf } from './batch-stage.js'
import { LAW_SERIES, type LawPoint } from './points.js'

/** Puts points into the temporary table `raw`, with the columns that a fold reads of raw_points. */
export async function appendRaw(
  connection: DuckDBConnection,
  points: readonly LawPoint[],
  startMs: number,
): Promise<void> {
  await connection.run(
    'CREATE TEMP TABLE raw_rows (series_id BIGINT, ms DOUBLE, value DOUBLE, kind INTEGER, weight DOUBLE)',
  )
  await appendColumns(connection, 'raw_rows', points.length, [
    { type: BIGINT, value: (row) => LAW_SERIES[points[row].series].id },
    { type: DOUBLE, value: (row) => startMs + points[row].timeMs },
    { type: DOUBLE, value: (row) => points[row].value },
    { type: INTEGER, value: (row) => (points[row].stale ? STALE_KIND : LAW_SERIES[points[row].series].kind) },
    { type: DOUBLE, value: (row) => (points[row].weight === 1 ? null : points[row].weight) },
  ])
  await connection.run(
    'CREATE TEMP TABLE raw AS SELECT series_id, make_timestamp((ms * 1000)::BIGINT)::TIMESTAMPTZ AS ts, value, kind, weight FROM raw_rows',
  )
}

/** Writes points as the archive does, into one raw file for each number that `fileOf` gives. @returns their paths */
export async function writeRawFiles(
  connection: DuckDBConnection,
  points: readonly LawPoint[],
  startMs: number,
  blockMs: number,
  folder: string,
  fileOf: (point: LawPoint) => number,
): Promise<string[]> {
  const paths: string[] = []
  for (const file of new Set(points.map(fileOf))) {
    const own = points.filter((point) => fileOf(point) === file)
    const sent = own.map((point) => ({ ...point, series: LAW_SERIES[point.series], timeMs: startMs + point.timeMs }))
    const buffer = new PointBuffer(blockMs)
    buffer.add(decodeRecord(recordOf(sent, startMs)))
    const ownFolder = mkdtempSync(join(folder, 'raw-'))
    paths.push(...(await writeBuffer(connection, buffer, blockMs, ownFolder)).map(({ path }) => path))
    await connection.run('DROP TABLE raw_series; DROP TABLE raw_points')
  }
  return paths
}

/** Reads every window of some series from a file. */
export async function readAll(
  connection: DuckDBConnection,
  path: string,
  series: readonly Series[],
  range: TimeRange,
): Promise<WindowColumns> {
  const all = new WindowColumns()
  for await (const windows of readWindows(connection, [{ path, hidden: [] }], series, range)) {
    for (let row = 0; row < windows.length; row++) all.pushRow(windows, row)
  }
  return all
}
