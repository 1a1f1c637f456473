import { MAX_SCHEMA } from '../../schemas/sketch/bucket.js'
import { BUCKET_SHIFT } from '../../schemas/sketch/bucket-sql.js'
import { MAX_BUCKETS, MIN_SCHEMA } from '../../schemas/sketch/sketch.js'
import type { Tier } from '../../schemas/time.js'
import { BUCKET_SQL, partsSql, WID_SQL, widSql } from './fold-sql.js'

/** Levels below the finest schema that a sketch can drop. */
const LEVELS = MAX_SCHEMA - MIN_SCHEMA

/** Values of one sign within this ratio fit into 512 buckets of the finest schema, which span 2^16. */
const NARROW = 2 ** 15

/**
 * Bucket rows to the struct at rest, in `sketches_<tier>(tag, w, sketch)`. A window whose finite values are all equal
 * stores none. The schema is the finest at which both runs of buckets span at most 512, as `Sketch` has it: a function
 * of the lowest and highest bucket on each side alone. The shift of signed buckets is a multiple of every power of two
 * used here, so a shifted bucket halves like its index.
 * @param whole every n is a whole number below 2^31: then index and count are sorted as one integer
 */
export function sketchesSql(tier: Tier, whole: boolean): string {
  const { tag, w } = partsSql('wid')
  return `CREATE OR REPLACE TEMP TABLE spans AS
    SELECT ${widSql('tag', 'w')} AS wid, level,
           level > 0 OR NOT ((min > 0 AND max / min < ${NARROW}) OR (max < 0 AND min / max < ${NARROW})) AS wide
    FROM "windows_${tier}" WHERE min < max;
  CREATE OR REPLACE TEMP TABLE wide_spans AS
    SELECT wid, least(greatest(level, ${levelSql()}), ${LEVELS}) AS level
    FROM (SELECT wid, any_value(level) AS level,
                 min(bucket) FILTER (bucket > 0) AS low, max(bucket) FILTER (bucket > 0) AS high,
                 min(-bucket) FILTER (bucket < 0) AS negative_low, max(-bucket) FILTER (bucket < 0) AS negative_high
          FROM (SELECT wid, level, ${BUCKET_SQL} AS bucket FROM "buckets_${tier}" JOIN spans ON wid = ${WID_SQL} WHERE wide)
          GROUP BY wid);
  CREATE TEMP TABLE "sketches_${tier}" AS
    SELECT ${tag} AS tag, ${w} AS w,
           struct_pack(scale := (${MAX_SCHEMA} - level)::INTEGER, zero_count := zero_count, zero_threshold := 0::DOUBLE,
                       pos_index := ${indexes('pos', whole)}, pos := ${counts('pos', whole)},
                       neg_index := ${indexes('neg', whole)}, neg := ${counts('neg', whole)}) AS sketch
    FROM (SELECT wid, level, coalesce(sum(n) FILTER (bucket = 0), 0)::DOUBLE AS zero_count,
                 ${sideSql('pos', 'bucket > 0', whole)}, ${sideSql('neg', 'bucket < 0', whole)}
          FROM (SELECT wid, 0 AS level, ${BUCKET_SQL} AS bucket, n
                FROM "buckets_${tier}" JOIN spans ON wid = ${WID_SQL} WHERE NOT wide
                UNION ALL
                SELECT wid, level, bucket, sum(n) AS n
                FROM (SELECT wid, level, sign(${BUCKET_SQL}) * (abs(${BUCKET_SQL}) >> level) AS bucket, n
                      FROM "buckets_${tier}" JOIN wide_spans ON wid = ${WID_SQL})
                GROUP BY wid, level, bucket)
          GROUP BY wid, level)`
}

/** One if a tier's counts are all whole and small, as they are where nothing was sampled. */
export function wholeCountsSql(tier: Tier): string {
  return `SELECT coalesce(bool_and(n = floor(n) AND n < 2147483648), true)::INTEGER FROM "buckets_${tier}"`
}

function sideSql(side: string, condition: string, whole: boolean): string {
  const entry = whole ? '(abs(bucket)::BIGINT << 32) | n::BIGINT' : "{'i': abs(bucket), 'n': n}"
  return `list_sort(list(${entry}) FILTER (${condition})) AS ${side}`
}

function indexes(side: string, whole: boolean): string {
  const index = whole ? '(x >> 32)' : 'x.i'
  return `coalesce(list_transform(${side}, lambda x: (${index} - (${BUCKET_SHIFT} >> level))::INTEGER), []::INTEGER[])`
}

function counts(side: string, whole: boolean): string {
  return `coalesce(list_transform(${side}, lambda x: ${whole ? '(x & 4294967295)' : 'x.n'}::DOUBLE), []::DOUBLE[])`
}

function levelSql(): string {
  const span = (level: number, low: string, high: string) =>
    `coalesce((${high} >> ${level}) - (${low} >> ${level}) + 1, 0)`
  const cases = Array.from({ length: LEVELS }, (_, level) => {
    return `WHEN ${span(level, 'low', 'high')} + ${span(level, 'negative_low', 'negative_high')} <= ${MAX_BUCKETS} THEN ${level}`
  })
  return `CASE ${cases.join(' ')} ELSE ${LEVELS} END`
}
