import { quoted } from '../duck/engine.js'

/**
 * How Parquet is written: as an Iceberg data file that Spark, Trino and pyiceberg read without rewriting. Field ids,
 * v1 pages, zstd, timestamps in µs with time zone, signed 64-bit integers, explicit types.
 */
const FORMAT = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v1'

/** Raw points compress best in large row groups. */
const RAW_GROUP = 'ROW_GROUP_SIZE 122880'

/** Row groups are written beside each other: sketches make windows heavy, so a block's are more than one group. */
const WINDOW_GROUP = 'ROW_GROUP_SIZE 30720'

const RAW_FIELD_IDS = `{series_id: 1, metric: 2, labels: {__duckdb_field_id: 3, key: 8, value: 9}, ts: 4, value: 5, kind: 6, shard: 7, weight: 10}`

const WINDOW_FIELD_IDS = `{series_id: 1, start: 2, count: 3, sum: 4, min: 5, max: 6, first: 7, first_ts: 8, last: 9, last_ts: 10, increase: 11,
  sketch: {__duckdb_field_id: 12, scale: 13, zero_count: 14, zero_threshold: 15,
           pos_index: {__duckdb_field_id: 16, element: 24}, pos: {__duckdb_field_id: 17, element: 18},
           neg_index: {__duckdb_field_id: 19, element: 25}, neg: {__duckdb_field_id: 20, element: 21}},
  shard: 22, stale: 23}`

/** The columns of a tier's file. `min` and `max` are NULL without a finite value; `stale` holds a window's flags. */
export const WINDOW_TABLE_SQL = `series_id BIGINT, "start" TIMESTAMPTZ, count DOUBLE, sum DOUBLE, min DOUBLE, max DOUBLE,
  "first" DOUBLE, first_ts TIMESTAMPTZ, "last" DOUBLE, last_ts TIMESTAMPTZ, increase DOUBLE,
  sketch STRUCT(scale INTEGER, zero_count DOUBLE, zero_threshold DOUBLE, pos_index INTEGER[], pos DOUBLE[], neg_index INTEGER[], neg DOUBLE[]),
  shard INTEGER, stale INTEGER`

/** Shards of a day's files; the shard is the id's low bits. */
const SHARD_MASK = 15

/** SQL for a series's shard. */
export const SHARD_SQL = `(series_id & ${SHARD_MASK})::INTEGER`

/** The same of an id's low half. */
export function shardOf(idLow: number): number {
  return idLow & SHARD_MASK
}

/** Writes raw points; `select` gives the columns of raw_points in their order, sorted by metric, series, time. */
export function copyRawSql(select: string, path: string): string {
  return `COPY (${select}) TO ${quoted(path)} (${FORMAT}, ${RAW_GROUP}, FIELD_IDS ${RAW_FIELD_IDS})`
}

/** Writes windows of files as one file, sorted by series and time, in groups of which a few hold one series. */
export function copyCompactedSql(windows: string, path: string): string {
  return `COPY (SELECT * FROM ${windows} ORDER BY series_id, "start") TO ${quoted(path)} (${FORMAT}, ROW_GROUP_SIZE 8192, FIELD_IDS ${WINDOW_FIELD_IDS})`
}

/**
 * Writes windows as a tier's file, sorted by series and time.
 * @param windows a relation of {@link WINDOW_TABLE_SQL}
 * @param sorted they come so
 */
export function copyWindowsSql(windows: string, path: string, sorted: boolean): string {
  const order = sorted ? '' : 'ORDER BY series_id, "start"'
  return `COPY (FROM ${windows} ${order}) TO ${quoted(path)} (${FORMAT}, ${WINDOW_GROUP}, FIELD_IDS ${WINDOW_FIELD_IDS})`
}
