import { AGGREGATES } from '../../schemas/aggregates/index.js'
import type { AggregateSql } from '../../schemas/aggregates/aggregate.js'
import { WINDOW_MS } from '../../schemas/time.js'
import { signedBucketSql } from '../../schemas/sketch/bucket-sql.js'

/**
 * Raw points to 10 s windows, as SQL over temporary tables:
 *
 * - `series(series_id, tag)`: tag = 2 * place in order of ids, plus 1 for event series
 * - `points(k, value, weight)`: sorted; k = tag << 34 | ms since the span's start << 2 | rank, where rank is 0 for a
 *   staleness marker, 1 for NaN, 2 for a number: one integer to sort by, in the order of `compareValues`
 * - `windows_10s(tag, w, …, level)`: w = place of the window in the span; sorted by tag, w
 * - `buckets_10s(tag, w, bucket, n)`: the sketches as long rows, one a signed bucket (schemas/sketch/bucket-sql.ts)
 */
const TAG_SHIFT = 34
const OFFSET_MASK = 0xffff_ffff
const RANK_MASK = 3

/** What a look at the raw points tells: cheap, and it spares the common case the rare one's work. */
export interface PointTraits {
  points: number
  /** Some weight is not 1. */
  weighted: boolean
  /** There are staleness markers. */
  stale: boolean
}

/** The series of a block's raw points and their traits. @param raw a relation with the columns of raw_points */
export function seriesSql(raw: string): string {
  return `CREATE TEMP TABLE series AS
    SELECT series_id, (2 * (row_number() OVER (ORDER BY series_id) - 1) + event)::BIGINT AS tag, points, weighted, stale
    FROM (SELECT series_id, max(CASE WHEN kind IN (1, 2) THEN 1 ELSE 0 END) AS event, count(*) AS points,
                 count(*) FILTER (weight <> 1) AS weighted, count(*) FILTER (kind = 3) AS stale
          FROM ${raw} GROUP BY series_id)`
}

/** Sums of the traits, one row: points, weighted, stale. */
export const TRAITS_SQL = 'SELECT coalesce(sum(points), 0), coalesce(sum(weighted), 0), coalesce(sum(stale), 0) FROM series'

/** The sorted points of a span. */
export function pointsSql(raw: string, spanStartMs: number, { weighted }: PointTraits): string {
  return `CREATE TEMP TABLE points AS
    SELECT (tag << ${TAG_SHIFT}) | ((epoch_ms(ts) - ${spanStartMs}) << 2)
             | (CASE WHEN kind = 3 THEN 0 WHEN isnan(value) THEN 1 ELSE 2 END) AS k,
           value${weighted ? ', coalesce(weight, 1) AS weight' : ''}
    FROM ${raw} JOIN series USING (series_id) ORDER BY k, value`
}

/** Removes all but the last, which is the largest, of each run of samples at one time. */
export const DEDUPLICATE_SQL = `CREATE TEMP TABLE distinct_points AS
  SELECT * EXCLUDE next FROM (SELECT *, lead(k) OVER () AS next FROM points)
  WHERE next IS NULL OR (next >> 2) <> (k >> 2) OR (k >> ${TAG_SHIFT}) & 1 = 1;
  DROP TABLE points;
  ALTER TABLE distinct_points RENAME TO points`

/** Folds the points. The column `duplicates` counts samples that have a twin: if any, deduplicate and fold again. */
export function foldSql(spanStartMs: number, { weighted, stale }: PointTraits): string {
  const place = `((k >> 2) & ${OFFSET_MASK})`
  return `CREATE OR REPLACE TEMP TABLE windows_10s AS
    SELECT tag, w, ${foldColumns(stale)}, 0 AS level,
           count(*) FILTER (NOT event AND before >> 2 = k >> 2) AS duplicates
    FROM (SELECT *, CASE WHEN (before >> ${TAG_SHIFT}) = tag AND ((before >> 2) & ${OFFSET_MASK}) // ${WINDOW_MS} = w THEN value_before END AS prev
          FROM (SELECT k, value, ${weighted ? 'weight' : '1.0::DOUBLE AS weight'}, rowid AS ord,
                       k >> ${TAG_SHIFT} AS tag, (k >> ${TAG_SHIFT}) & 1 = 1 AS event, ${place} // ${WINDOW_MS} AS w,
                       ${spanStartMs}::BIGINT + ${place} AS ts, (k & ${RANK_MASK}) = 0 AS stale,
                       lag(k) OVER () AS before, lag(value) OVER () AS value_before
                FROM points))
    GROUP BY tag, w ORDER BY tag, w`
}

/** The finite points as bucket rows. */
export function bucketsSql({ weighted }: PointTraits): string {
  return `CREATE TEMP TABLE buckets_10s AS
    SELECT tag, w, bucket, ${weighted ? 'sum(weight)' : 'count(*)::DOUBLE'} AS n
    FROM (SELECT k >> ${TAG_SHIFT} AS tag, (((k >> 2) & ${OFFSET_MASK}) // ${WINDOW_MS}) AS w, ${signedBucketSql('value')} AS bucket${weighted ? ', weight' : ''}
          FROM points WHERE isfinite(value))
    GROUP BY tag, w, bucket`
}

/** `expression AS column` for every aggregate; event series have no growth. */
export function aggregateColumns(form: keyof AggregateSql): string {
  return AGGREGATES.flatMap(({ sql }) => Object.entries(sql[form]))
    .map(([column, expression]) => `${column === 'increase' ? sampleOnly(expression) : expression} AS "${column}"`)
    .join(', ')
}

function foldColumns(stale: boolean): string {
  const columns = aggregateColumns('fold')
  return stale ? columns : columns.replace(/arg_(min|max)\(stale, ord\)/g, 'false')
}

function sampleOnly(expression: string): string {
  return `CASE WHEN tag & 1 = 0 THEN ${expression} ELSE 0 END`
}
