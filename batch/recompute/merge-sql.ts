import { MAX_SCHEMA } from '../../schemas/sketch/bucket.js'
import { BUCKET_SHIFT, signedBucketSql } from '../../schemas/sketch/bucket-sql.js'
import { TIER_MS, type Tier } from '../../schemas/time.js'
import { aggregateColumns, BUCKET_SQL, keySql, partsSql, WID_SQL, widSql } from './fold-sql.js'

/**
 * Windows of a tier to those of the next, over the temporary tables `windows_<tier>` and `buckets_<tier>` of
 * fold-sql.ts. Bucket rows stay at the finest schema as long as possible: adding rows merges sketches.
 */

const { tag: TAG, w: PLACE } = partsSql('wid')
const { tag: BUCKET_TAG, w: BUCKET_PLACE } = partsSql(WID_SQL)
const IS_SAMPLE = `${TAG} % 2 = 0`

/** Merges the child tier's windows of the span into the tier's. */
export function mergeWindowsSql(tier: Tier, child: Tier): string {
  const ratio = TIER_MS[tier] / TIER_MS[child]
  return `CREATE TEMP TABLE "windows_${tier}" AS
    SELECT any_value(series_id) AS series_id, wid, ${aggregateColumns('merge', IS_SAMPLE)}, max(level) AS level
    FROM (SELECT * EXCLUDE (wid, wid_before, last_before), ${coarserSql('wid', ratio)} AS wid,
                 CASE WHEN ${coarserSql('wid_before', ratio)} = ${coarserSql('wid', ratio)} THEN last_before END AS prev_last
          FROM (SELECT *, lag(wid) OVER () AS wid_before, lag("last") OVER () AS last_before FROM "windows_${child}"))
    GROUP BY wid ORDER BY series_id, wid;
  CREATE TEMP TABLE "buckets_${tier}" AS
    SELECT key, sum(n) AS n
    FROM (SELECT ${keySql(coarserSql(WID_SQL, ratio), BUCKET_SQL)} AS key, n FROM "buckets_${child}") GROUP BY key`
}

/** SQL for the number of the coarser window that holds a window. */
function coarserSql(wid: string, ratio: number): string {
  const { tag, w } = partsSql(wid)
  return widSql(tag, `${w} // ${ratio}`)
}

/**
 * Adds the windows of rollups at 10 s and drops sources that keep none.
 * Needs `rollups(tag, derived_tag)` and `dropped(tag)`, and the derived series in `series`.
 */
export const ROLLUP_SQL = `
  INSERT INTO windows_10s BY NAME
    SELECT any_value(s.series_id) AS series_id, ${widSql('derived_tag', PLACE)} AS wid, ${aggregateColumns('across', 'true')}, max(level) AS level
    FROM (SELECT * EXCLUDE (series_id), ${TAG} AS source_tag FROM windows_10s) v
    JOIN rollups r ON r.tag = source_tag JOIN series s ON s.tag = derived_tag GROUP BY derived_tag, ${widSql('derived_tag', PLACE)};
  INSERT INTO buckets_10s
    SELECT key, sum(n) AS n
    FROM (SELECT ${keySql(widSql('derived_tag', BUCKET_PLACE), BUCKET_SQL)} AS key, n FROM buckets_10s JOIN rollups ON tag = ${BUCKET_TAG}) GROUP BY key;
  DELETE FROM windows_10s WHERE ${TAG} IN (SELECT tag FROM dropped);
  DELETE FROM buckets_10s WHERE ${BUCKET_TAG} IN (SELECT tag FROM dropped);
  CREATE OR REPLACE TEMP TABLE windows_10s AS SELECT * FROM windows_10s ORDER BY series_id, wid`

/**
 * Loads a tier's windows from files into its temporary tables, to be merged into the next tier.
 * Needs `series`, which {@link fileSeriesSql} makes. @param files a relation with the columns of windows_<tier>
 */
export function loadWindowsSql(tier: Tier, files: string, spanStartMs: number): string {
  const place = `((epoch_ms("start") - ${spanStartMs}) // ${TIER_MS[tier]})`
  const level = `(${MAX_SCHEMA} - sketch.scale)`
  const sided = (sign: 1 | -1, side: 'pos' | 'neg') => `
    SELECT wid, ${sign} * ((index + (${BUCKET_SHIFT} >> level)) << level) AS bucket, n
    FROM (SELECT wid, level, unnest(sketch.${side}_index) AS index, unnest(sketch.${side}) AS n
          FROM loaded WHERE sketch IS NOT NULL)`
  return `CREATE TEMP TABLE loaded AS
    SELECT f.series_id, ${widSql('s.tag', place)} AS wid, coalesce(${level}, 0) AS level, count, sum, min, max, "first", epoch_ms(first_ts) AS first_ts,
           "last", epoch_ms(last_ts) AS last_ts, increase, (stale & 1) <> 0 AS last_stale, (stale & 2) <> 0 AS first_stale, sketch
    FROM ${files} f JOIN series s ON s.series_id = f.series_id ORDER BY wid;
  CREATE TEMP TABLE "windows_${tier}" AS SELECT * EXCLUDE (sketch) FROM loaded;
  CREATE TEMP TABLE "buckets_${tier}" AS
    SELECT ${keySql('wid', 'bucket')} AS key, n FROM (
      ${sided(1, 'pos')} UNION ALL ${sided(-1, 'neg')}
      UNION ALL SELECT wid, 0, sketch.zero_count FROM loaded WHERE sketch.zero_count > 0
      UNION ALL SELECT wid, ${signedBucketSql('min')}, count FROM loaded WHERE sketch IS NULL AND count > 0);
  DROP TABLE loaded`
}

/** Numbers the series of window files. @param kinds a relation (series_id, event) that knows each of them */
export function fileSeriesSql(files: string, kinds: string): string {
  return `CREATE TEMP TABLE series AS
    SELECT series_id, (2 * (row_number() OVER (ORDER BY series_id) - 1) + CASE WHEN event THEN 1 ELSE 0 END)::BIGINT AS tag
    FROM (SELECT DISTINCT series_id FROM ${files}) JOIN ${kinds} USING (series_id)`
}
