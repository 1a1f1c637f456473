import type { AggregateSql } from '../../schemas/aggregates/aggregate.js'
import { AGGREGATES } from '../../schemas/aggregates/index.js'
import {
  bucketPlaceSql,
  positiveBucketSql,
  positivePlaceSql,
  signedBucketSql,
} from '../../schemas/sketch/bucket-sql.js'
import { WINDOW_MS } from '../../schemas/time.js'

/**
 * Raw points to 10 s windows, as SQL over temporary tables:
 *
 * - `series(series_id, tag)`: tag = 2 * place in order of ids, plus 1 for event series
 * - `points(k, value, weight)`: sorted; k = 4 * (tag * TAG_MS + ms since the span's start) + rank, where rank is 0 for a
 *   staleness marker, 1 for NaN, 2 for a number: one integer to sort by, in the order of `compareValues`
 * - `windows_10s(series_id, wid, …, level)`: wid = tag * TAG_WINDOWS + place of the window in the span; sorted by series, wid
 * - `buckets_10s(key, n)`: the sketches as long rows; key = wid << 18 | signed bucket + BUCKET_BIAS
 *   (schemas/sketch/bucket-sql.ts). One integer to group by, which costs half of three
 */
const TAG_MS = 50_000_000
/** Windows that a tag has room for. */
const TAG_WINDOWS = TAG_MS / WINDOW_MS
/** Ranks that k has room for: two bits. */
const RANKS = 4
/** Values of k in one window. */
const WINDOW_KEYS = RANKS * WINDOW_MS
const BUCKET_BITS = 18
const BUCKET_MASK = (1 << BUCKET_BITS) - 1
const BUCKET_BIAS = 1 << (BUCKET_BITS - 1)

/** SQL for a bucket row's window: its wid. */
export const WID_SQL = `(key >> ${BUCKET_BITS})`
/** SQL for a bucket row's signed bucket. */
export const BUCKET_SQL = `((key & ${BUCKET_MASK}) - ${BUCKET_BIAS})`

/** SQL for the number of a window over all series. */
export function widSql(tag: string, w: string): string {
  return `(${tag} * ${TAG_WINDOWS} + ${w})`
}

/** SQL for the tag and the place of a window given by its number. */
export function partsSql(wid: string): { tag: string; w: string } {
  return { tag: `(${wid} // ${TAG_WINDOWS})`, w: `(${wid} % ${TAG_WINDOWS})` }
}

/** SQL for a bucket row's key. */
export function keySql(wid: string, bucket: string): string {
  return `((${wid} << ${BUCKET_BITS}) | (${bucket} + ${BUCKET_BIAS}))`
}

/** What a look at the raw points tells: cheap, and it spares the common case the rare one's work. */
export interface PointTraits {
  points: number
  /** No more windows than this: by each series' points, and by the time from its first to its last. */
  windowsAtMost: number
  /** There are event series, whose points at one time are ordered by value. */
  events: boolean
  /** Some weight is not 1. */
  weighted: boolean
  /** There are staleness markers. */
  stale: boolean
  /** Every value is a finite number. */
  finite: boolean
  /** Every value lies above 0. */
  positive: boolean
}

/** The series of a block's raw points and their traits. @param raw a relation with the columns of raw_points */
export function seriesSql(raw: string): string {
  return `CREATE TEMP TABLE series AS
    SELECT series_id, (2 * (row_number() OVER (ORDER BY series_id) - 1) + event)::BIGINT AS tag, * EXCLUDE (series_id, event)
    FROM (SELECT series_id, max(CASE WHEN kind IN (1, 2) THEN 1 ELSE 0 END) AS event, count(*) AS points,
                 least(count(*), (epoch_ms(max(ts)) - epoch_ms(min(ts))) // ${WINDOW_MS} + 2) AS windows,
                 count(*) FILTER (weight <> 1) AS weighted, count(*) FILTER (kind = 3) AS stale,
                 min(value) AS least, max(value) AS most
          FROM ${raw} GROUP BY series_id)`
}

/** One row: points, and whether any is weighted, stale, not finite, or not positive. NaN is above all. */
export const TRAITS_SQL = `SELECT coalesce(sum(points), 0)::DOUBLE, coalesce(sum(windows), 0)::DOUBLE, coalesce(bool_or(tag % 2 = 1), false),
  coalesce(sum(weighted), 0) > 0, coalesce(sum(stale), 0) > 0,
  coalesce(bool_or(NOT isfinite(least) OR NOT isfinite(most)), false), coalesce(min(least), 0) <= 0
  FROM series`

/**
 * The points of a span, sorted by k. Two samples of one time are in no order yet: they are so rare that only
 * {@link DEDUPLICATE_SQL} looks at their values.
 */
export function pointsSql(raw: string, spanStartMs: number, { weighted, stale, finite, events }: PointTraits): string {
  const rank = finite ? '2' : `(CASE ${stale ? 'WHEN kind = 3 THEN 0 ' : ''}WHEN isnan(value) THEN 1 ELSE 2 END)`
  return `CREATE TEMP TABLE points AS
    SELECT (tag * ${TAG_MS} + epoch_ms(ts) - ${spanStartMs}) * ${RANKS} + ${rank} AS k,
           value${weighted ? ', coalesce(weight, 1) AS weight' : ''}
    FROM ${raw} JOIN series USING (series_id) ORDER BY k${events ? ', value' : ''}`
}

/** Removes all but the last, which is the largest, of each run of samples at one time. */
export const DEDUPLICATE_SQL = `CREATE TEMP TABLE ordered_points AS SELECT * FROM points ORDER BY k, value;
  CREATE TEMP TABLE distinct_points AS
  SELECT * EXCLUDE next FROM (SELECT *, lead(k) OVER () AS next FROM ordered_points)
  WHERE next IS NULL OR next >> 2 <> k >> 2 OR (k // ${TAG_MS * RANKS}) % 2 = 1;
  DROP TABLE ordered_points;
  DROP TABLE points;
  ALTER TABLE distinct_points RENAME TO points`

/** Points that one thread pairs with those before them, about; more are split into as many ranges as needed. */
export const RANGE_POINTS = 1_000_000

/** How many windows the points have. */
export function countWindowsSql({ points }: PointTraits, rangePoints: number): string {
  return `SELECT count(*) FROM (${pairedSql(points, rangePoints)}) WHERE before IS NULL OR before // ${WINDOW_KEYS} <> k // ${WINDOW_KEYS}`
}

/**
 * Folds the points. The column `duplicates` counts samples that have a twin: if any, deduplicate and fold again.
 * @param single many windows have one point: they are worth a way of their own, without GROUP BY
 */
export function foldSql(spanStartMs: number, traits: PointTraits, single: boolean, rangePoints: number): string {
  const rows = rowsSql(traits, rangePoints)
  const alone = `(before IS NULL OR before < wid * ${WINDOW_KEYS}) AND (after IS NULL OR after >= (wid + 1) * ${WINDOW_KEYS})`
  const folded = `SELECT wid, ${foldColumns(traits.stale)}, count(*) FILTER (before >> 2 = k >> 2 AND ${SAMPLE_WID}) AS duplicates
    FROM (${rows}) ${single ? `WHERE NOT (${alone})` : ''} GROUP BY wid`
  const alike = `SELECT wid, ${aggregateColumns('single', 'true')}, 0 AS duplicates FROM (${rows}) WHERE ${alone}`
  return `CREATE OR REPLACE TEMP TABLE windows_10s AS
    SELECT series_id, folded.* EXCLUDE (first_ts, last_ts), 0 AS level,
           ${spanStartMs}::BIGINT + first_ts % ${TAG_MS} AS first_ts, ${spanStartMs}::BIGINT + last_ts % ${TAG_MS} AS last_ts
    FROM (${folded} ${single ? `UNION ALL BY NAME ${alike}` : ''}) folded
    JOIN series ON tag = wid // ${TAG_WINDOWS}
    ORDER BY series_id, wid`
}

/** The points with the columns that aggregates read. */
function rowsSql({ weighted, finite, points }: PointTraits, rangePoints: number): string {
  const finiteOf = (value: string) => (finite ? value : `CASE WHEN isfinite(${value}) THEN ${value} END`)
  const weight = weighted ? 'weight' : '1.0::DOUBLE'
  return `SELECT *, CASE WHEN before >= wid * ${WINDOW_KEYS} THEN ${finiteOf('value_before')} END AS prev
    FROM (SELECT * ${weighted ? 'EXCLUDE (weight)' : ''}, k // ${WINDOW_KEYS} AS wid, k >> 2 AS ts, k & 3 = 0 AS stale, ${finiteOf('value')} AS finite,
                 ${finite ? weight : `CASE WHEN isfinite(value) THEN ${weight} ELSE 0 END`} AS weight
          FROM (${pairedSql(points, rangePoints)}))`
}

/** The points with their neighbours: that runs on one thread a range, ranges run beside each other. */
function pairedSql(points: number, rangePoints: number): string {
  const range = (from: number) => `SELECT * FROM (
    SELECT *, rowid AS ord, lag(k) OVER () AS before, lag(value) OVER () AS value_before, lead(k) OVER () AS after
    FROM points WHERE rowid >= ${from - 1} AND rowid <= ${from + rangePoints}) WHERE ord >= ${from} AND ord < ${from + rangePoints}`
  return Array.from({ length: Math.ceil(points / rangePoints) }, (_, i) => range(i * rangePoints)).join(' UNION ALL ')
}

/** The finite points as bucket rows. @param single no window has two points: then every point is a row */
export function bucketsSql({ weighted, finite, positive }: PointTraits, single: boolean): string {
  const bucket = positive ? positiveBucketSql('value', 'place') : signedBucketSql('value', 'place')
  const place = positive ? positivePlaceSql('value') : bucketPlaceSql('value')
  const n = single ? (weighted ? 'weight' : '1::DOUBLE') : weighted ? 'sum(weight)' : 'count(*)::DOUBLE'
  return `CREATE TEMP TABLE buckets_10s AS
    SELECT key, ${n} AS n
    FROM (SELECT ${keySql(`(k // ${WINDOW_KEYS})`, `(${bucket})`)} AS key${weighted ? ', weight' : ''}
          FROM (SELECT *, ${place} AS place FROM points ${finite ? '' : 'WHERE isfinite(value)'}))
    ${single ? '' : 'GROUP BY key'}`
}

/** True for windows of sample series, in a fold by window number. */
const SAMPLE_WID = `(wid // ${TAG_WINDOWS}) % 2 = 0`

/** `expression AS column` for every aggregate; event series have no growth. @param isSample SQL, true for sample series */
export function aggregateColumns(form: keyof AggregateSql, isSample: string): string {
  return AGGREGATES.flatMap(({ sql }) => Object.entries(sql[form]))
    .map(
      ([column, expression]) =>
        `${column === 'increase' ? `CASE WHEN ${isSample} THEN ${expression} ELSE 0 END` : expression} AS "${column}"`,
    )
    .join(', ')
}

function foldColumns(stale: boolean): string {
  const columns = aggregateColumns('fold', SAMPLE_WID)
  return stale ? columns : columns.replace(/arg_(min|max)\(stale, ord\)/g, 'false')
}
