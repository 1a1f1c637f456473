import { join } from 'node:path'
import { BIGINT, DOUBLE, type DuckDBConnection, DuckDBMapValue, INTEGER, MAP, VARCHAR } from '@duckdb/node-api'
import { appendColumns } from '../duck/append.js'
import type { PointBuffer } from './buffer.js'
import { writeRawFile } from './raw-file.js'

/** A raw file on local disk. */
export interface LocalRawFile {
  blockStart: number
  path: string
  points: number
  bytes: number
}

/** Writes a buffer's points, one file a block, into `folder`. */
export async function writeBuffer(
  connection: DuckDBConnection,
  buffer: PointBuffer,
  blockMs: number,
  folder: string,
): Promise<LocalRawFile[]> {
  const labelsType = MAP(VARCHAR, VARCHAR)
  await connection.run(`
    CREATE TEMP TABLE raw_series (sx INTEGER, series_id BIGINT, metric VARCHAR, labels MAP(VARCHAR, VARCHAR));
    CREATE TEMP TABLE raw_points (sx INTEGER, ts DOUBLE, value DOUBLE, kind INTEGER, weight DOUBLE)`)
  const { series } = buffer
  await appendColumns(connection, 'raw_series', series.length, [
    { type: INTEGER, value: (row) => row },
    { type: BIGINT, value: (row) => series[row].id },
    { type: VARCHAR, value: (row) => series[row].metric },
    {
      type: labelsType,
      value: (row) => new DuckDBMapValue(series[row].labels.map(([key, value]) => ({ key, value }))),
    },
  ])
  const columns = [
    { type: INTEGER, value: (row: number) => buffer.seriesIndex[row] },
    { type: DOUBLE, value: (row: number) => buffer.timeMs[row] },
    { type: DOUBLE, value: (row: number) => buffer.value[row] },
    { type: INTEGER, value: (row: number) => buffer.kind[row] },
    { type: DOUBLE, value: (row: number) => (buffer.weight[row] === 1 ? null : buffer.weight[row]) },
  ]
  await appendColumns(connection, 'raw_points', buffer.length, columns)
  const files: LocalRawFile[] = []
  for (const blockStart of [...buffer.blocks.keys()].sort((a, b) => a - b)) {
    const path = join(folder, `raw-${blockStart}.parquet`)
    const condition = buffer.blocks.size === 1 ? 'true' : `ts > ${blockStart} AND ts <= ${blockStart + blockMs}`
    files.push({ blockStart, path, ...(await writeRawFile(connection, path, condition)) })
  }
  return files
}
