import { statSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import { parquetSql } from '../duck/engine.js'
import { copyRawSql, SHARD_SQL } from '../recompute/file-sql.js'

/**
 * Writes a raw file from two temporary tables: `raw_points(sx, ts, value, kind, weight)`, ts in ms as a double, and
 * `raw_series(sx, series_id, metric, labels)`. Rows are sorted by metric, series and time in the COPY itself: a join
 * behind a sort does not keep its order.
 */
export async function writeRawFile(
  connection: DuckDBConnection,
  path: string,
  condition = 'true',
): Promise<{ points: number; bytes: number }> {
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE raw_placed AS
      SELECT row_number() OVER (ORDER BY metric, series_id)::INTEGER AS place, * FROM raw_series`)
  const written = await connection.runAndReadAll(
    copyRawSql(
      `SELECT s.series_id::BIGINT AS series_id, s.metric::VARCHAR AS metric, s.labels AS labels,
              make_timestamp((p.ts * 1000)::BIGINT)::TIMESTAMPTZ AS ts, p.value::DOUBLE AS value,
              p.kind::INTEGER AS kind, ${SHARD_SQL} AS shard, p.weight::DOUBLE AS weight
       FROM raw_points p JOIN raw_placed s USING (sx) WHERE ${condition}
       ORDER BY s.place, p.ts, p.kind, p.value`,
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
  const written = await writeRawFile(connection, path)
  await connection.run('DROP TABLE raw_placed; DROP TABLE raw_points; DROP TABLE raw_series')
  return written
}
