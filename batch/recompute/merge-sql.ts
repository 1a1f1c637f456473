import { MAX_SCHEMA } from '../../schemas/sketch/bucket.js'
import { BUCKET_SHIFT, signedBucketSql } from '../../schemas/sketch/bucket-sql.js'
import { TIER_MS, type Tier } from '../../schemas/time.js'
import { aggregateColumns, BUCKET_SQL, keySql, partsSql, WID_SQL, widSql } from './fold-sql.js'

/**
 * Windows of a tier to those of the next, over the temporary tables `windows_<tier>` and `buckets_<tier>` of
 * fold-sql.ts. Bucket rows stay at the finest schema as long as possible: adding rows merges sketches.
 */

const IS_SAMPLE = 'tag % 2 = 0'
const { tag: TAG, w: PLACE } = partsSql(WID_SQL)

/** Merges the child tier's windows of the span into the tier's. */
export function mergeWindowsSql(tier: Tier, child: Tier): string {
  const ratio = TIER_MS[tier] / TIER_MS[child]
  return `CREATE TEMP TABLE "windows_${tier}" AS
    SELECT tag, w, ${aggregateColumns('merge', IS_SAMPLE)}, max(level) AS level
    FROM (SELECT * EXCLUDE (w), w // ${ratio} AS w,
                 CASE WHEN lag(tag) OVER () = tag AND lag(w) OVER () // ${ratio} = w // ${ratio} THEN lag("last") OVER () END AS prev_last
          FROM "windows_${child}")
    GROUP BY tag, w ORDER BY tag, w;
  CREATE TEMP TABLE "buckets_${tier}" AS
    SELECT key, sum(n) AS n
    FROM (SELECT ${keySql(widSql(TAG, `${PLACE} // ${ratio}`), BUCKET_SQL)} AS key, n FROM "buckets_${child}") GROUP BY key`
}

/**
 * Adds the windows of rollups at 10 s and drops sources that keep none.
 * Needs `rollups(tag, derived_tag)` and `dropped(tag)`.
 */
export const ROLLUP_SQL = `
  INSERT INTO windows_10s BY NAME
    SELECT derived_tag AS tag, w, ${aggregateColumns('across', 'true')}, max(level) AS level, 0 AS duplicates
    FROM windows_10s JOIN rollups USING (tag) GROUP BY derived_tag, w;
  INSERT INTO buckets_10s
    SELECT key, sum(n) AS n
    FROM (SELECT ${keySql(widSql('derived_tag', PLACE), BUCKET_SQL)} AS key, n FROM buckets_10s JOIN rollups ON tag = ${TAG}) GROUP BY key;
  DELETE FROM windows_10s WHERE tag IN (SELECT tag FROM dropped);
  DELETE FROM buckets_10s WHERE ${TAG} IN (SELECT tag FROM dropped);
  CREATE OR REPLACE TEMP TABLE windows_10s AS SELECT * FROM windows_10s ORDER BY tag, w`

/**
 * Loads a tier's windows from files into its temporary tables, to be merged into the next tier.
 * Needs `series`, which {@link fileSeriesSql} makes. @param files a relation with the columns of windows_<tier>
 */
export function loadWindowsSql(tier: Tier, files: string, spanStartMs: number): string {
  const place = `((epoch_ms("start") - ${spanStartMs}) // ${TIER_MS[tier]})`
  const level = `(${MAX_SCHEMA} - sketch.scale)`
  const sided = (sign: 1 | -1, side: 'pos' | 'neg') => `
    SELECT tag, w, ${sign} * ((index + (${BUCKET_SHIFT} >> level)) << level) AS bucket, n
    FROM (SELECT tag, w, level, unnest(sketch.${side}_index) AS index, unnest(sketch.${side}) AS n
          FROM loaded WHERE sketch IS NOT NULL)`
  return `CREATE TEMP TABLE loaded AS
    SELECT s.tag, ${place} AS w, coalesce(${level}, 0) AS level, count, sum, min, max, "first", epoch_ms(first_ts) AS first_ts,
           "last", epoch_ms(last_ts) AS last_ts, increase, (stale & 1) <> 0 AS last_stale, (stale & 2) <> 0 AS first_stale, sketch
    FROM ${files} f JOIN series s USING (series_id) ORDER BY s.tag, w;
  CREATE TEMP TABLE "windows_${tier}" AS SELECT * EXCLUDE (sketch) FROM loaded;
  CREATE TEMP TABLE "buckets_${tier}" AS
    SELECT ${keySql(widSql('tag', 'w'), 'bucket')} AS key, n FROM (
      ${sided(1, 'pos')} UNION ALL ${sided(-1, 'neg')}
      UNION ALL SELECT tag, w, 0, sketch.zero_count FROM loaded WHERE sketch.zero_count > 0
      UNION ALL SELECT tag, w, ${signedBucketSql('min')}, count FROM loaded WHERE sketch IS NULL AND count > 0);
  DROP TABLE loaded`
}

/** Numbers the series of window files. @param kinds a relation (series_id, event) that knows each of them */
export function fileSeriesSql(files: string, kinds: string): string {
  return `CREATE TEMP TABLE series AS
    SELECT series_id, (2 * (row_number() OVER (ORDER BY series_id) - 1) + CASE WHEN event THEN 1 ELSE 0 END)::BIGINT AS tag
    FROM (SELECT DISTINCT series_id FROM ${files}) JOIN ${kinds} USING (series_id)`
}
