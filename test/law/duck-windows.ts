import { BIGINT, DOUBLE, type DuckDBConnection, INTEGER } from '@duckdb/node-api'
import { STALE_KIND } from '../../batch/archive/buffer.js'
import { appendColumns } from '../../batch/duck/append.js'
import { readWindows } from '../../batch/view/read-windows.js'
import type { TimeRange } from '../../schemas/time.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
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

/** Reads every window of the law's series from a file. */
export async function readAll(connection: DuckDBConnection, path: string, range: TimeRange): Promise<WindowColumns> {
  const all = new WindowColumns()
  for await (const windows of readWindows(connection, [path], LAW_SERIES, range)) {
    for (let row = 0; row < windows.length; row++) all.pushRow(windows, row)
  }
  return all
}
