import { statSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import { parquetSql } from '../duck/engine.js'
import { copyRawSql, SHARD_SQL } from '../recompute/file-sql.js'

/**
 * Writes a raw file from two temporary tables: `raw_points(sx, ts, value, kind, weight)`, ts in ms as a double, and
 * `raw_series(sx, series_id, metric, labels)`. Points are sorted narrow and joined afterwards: carrying labels through a
 * sort costs many times more, and a join keeps the order of its probe side.
 */
export async function writeRawFile(
  connection: DuckDBConnection,
  path: string,
  condition = 'true',
): Promise<{ points: number; bytes: number }> {
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE raw_places AS SELECT sx, row_number() OVER (ORDER BY metric, series_id) AS place FROM raw_series;
    CREATE OR REPLACE TEMP TABLE raw_sorted AS
      SELECT place, ts, value, kind, weight FROM raw_points JOIN raw_places USING (sx) WHERE ${condition} ORDER BY place, ts, kind, value;
    CREATE OR REPLACE TEMP TABLE raw_placed AS SELECT place, series_id, metric, labels FROM raw_series JOIN raw_places USING (sx)`)
  const written = await connection.runAndReadAll(
    copyRawSql(
      `SELECT s.series_id::BIGINT AS series_id, s.metric::VARCHAR AS metric, s.labels AS labels,
              make_timestamp((p.ts * 1000)::BIGINT)::TIMESTAMPTZ AS ts, p.value::DOUBLE AS value,
              p.kind::INTEGER AS kind, ${SHARD_SQL} AS shard, p.weight::DOUBLE AS weight
       FROM raw_sorted p JOIN raw_placed s USING (place)`,
      path,
    ),
  )
  return { points: Number(written.getRows()[0][0]), bytes: statSync(path).size }
}

/** Rewrites several raw files of one block as one; every point stays. */
export async function compactRaw(
  connection: DuckDBConnection,
  paths: readonly string[],
  path: string,
): Promise<{ points: number; bytes: number }> {
  const files = parquetSql(paths)
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE raw_series AS
      SELECT row_number() OVER () AS sx, * FROM (SELECT series_id, any_value(metric) AS metric, any_value(labels) AS labels FROM ${files} GROUP BY series_id);
    CREATE OR REPLACE TEMP TABLE raw_points AS
      SELECT sx, epoch_ms(ts)::DOUBLE AS ts, value, kind, weight FROM ${files} f JOIN raw_series s ON s.series_id = f.series_id`)
  return writeRawFile(connection, path)
}
