import { TIER_MS, type Tier } from '../../schemas/time.js'
import { quoted } from '../duck/engine.js'
import { partsSql } from './fold-sql.js'

/**
 * How Parquet is written: as an Iceberg data file that Spark, Trino and pyiceberg read without rewriting. Field ids,
 * v1 pages, zstd, timestamps in µs with time zone, signed 64-bit integers, explicit casts.
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

const SKETCH_TYPE =
  'STRUCT(scale INTEGER, zero_count DOUBLE, zero_threshold DOUBLE, pos_index INTEGER[], pos DOUBLE[], neg_index INTEGER[], neg DOUBLE[])'

/** Shards of a day's files; the shard is the id's low bits. */
const SHARD_MASK = 15

/** SQL for a series's shard. */
export const SHARD_SQL = `(series_id & ${SHARD_MASK})::INTEGER`

/** Writes raw points; `select` gives the columns of raw_points in their order, sorted by metric, series, time. */
export function copyRawSql(select: string, path: string): string {
  return `COPY (${select}) TO ${quoted(path)} (${FORMAT}, ${RAW_GROUP}, FIELD_IDS ${RAW_FIELD_IDS})`
}

/**
 * Writes a tier's windows, sorted by series and time, from its temporary tables. They lie sorted: only where sketches
 * are joined they are sorted again. @param sketched some window has a sketch
 */
export function copyWindowsSql(tier: Tier, spanStartMs: number, path: string, sketched: boolean): string {
  const time = (ms: string) => `make_timestamp((${ms}) * 1000)::TIMESTAMPTZ`
  return `COPY (
    SELECT v.series_id::BIGINT AS series_id, ${time(`${spanStartMs}::BIGINT + ${partsSql('v.wid').w} * ${TIER_MS[tier]}`)} AS "start",
           v.count::DOUBLE AS count, v.sum::DOUBLE AS sum, v.min::DOUBLE AS min, v.max::DOUBLE AS max,
           v."first"::DOUBLE AS "first", ${time('v.first_ts')} AS first_ts,
           v."last"::DOUBLE AS "last", ${time('v.last_ts')} AS last_ts, v.increase::DOUBLE AS increase,
           ${sketched ? 'k.sketch' : `NULL::${SKETCH_TYPE}`} AS sketch, ${SHARD_SQL} AS shard, (v.last_stale::INTEGER + 2 * v.first_stale::INTEGER)::INTEGER AS stale
    FROM "windows_${tier}" v ${sketched ? `LEFT JOIN "sketches_${tier}" k ON k.wid = v.wid ORDER BY v.series_id, v.wid` : ''}
  ) TO ${quoted(path)} (${FORMAT}, ${WINDOW_GROUP}, FIELD_IDS ${WINDOW_FIELD_IDS})`
}
