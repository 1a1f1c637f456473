import { MAX_SCHEMA } from '../../schemas/sketch/bucket.js'
import { BUCKET_SHIFT } from '../../schemas/sketch/bucket-sql.js'
import { MAX_BUCKETS, MIN_SCHEMA } from '../../schemas/sketch/sketch.js'
import type { Tier } from '../../schemas/time.js'
import { BUCKET_SQL, WID_SQL } from './fold-sql.js'

/** Levels below the finest schema that a sketch can drop. */
const LEVELS = MAX_SCHEMA - MIN_SCHEMA

/** Values of one sign within this ratio fit into 512 buckets of the finest schema, which span 2^16. */
const NARROW = 2 ** 15

const WIDE = `(level > 0 OR NOT ((min > 0 AND max / min < ${NARROW}) OR (max < 0 AND min / max < ${NARROW})))`

/** What a look at a tier's windows and bucket rows tells: cheap, and it spares the common case the rare one's work. */
export interface SketchTraits {
  /** Every window with a value holds different ones, close enough for the finest schema. */
  plain: boolean
  /** Every value lies above 0. */
  positive: boolean
  /** Every n is a whole number below 2^31: then index and count are sorted as one integer. */
  whole: boolean
}

/** One row: how many windows, whether some window holds different values, and the traits in their order. */
export function sketchTraitsSql(tier: Tier): string {
  return `SELECT * FROM
    (SELECT count(*)::DOUBLE, coalesce(bool_or(min < max), false),
            coalesce(bool_and(coalesce(min < max AND NOT ${WIDE}, true)), true), coalesce(min(min), 0) > 0 FROM "windows_${tier}"),
    (SELECT coalesce(bool_and(n = floor(n)) AND max(n) < 2147483648, true) FROM "buckets_${tier}")`
}

/**
 * Bucket rows to the struct at rest, in `sketches_<tier>(wid, sketch)`. A window whose finite values are all equal
 * stores none. The schema is the finest at which both runs of buckets span at most 512, as `Sketch` has it: a function
 * of the lowest and highest bucket on each side alone. The shift of signed buckets is a multiple of every power of two
 * used here, so a shifted bucket halves like its index.
 */
export function sketchesSql(tier: Tier, traits: SketchTraits): string {
  const { plain, positive, whole } = traits
  const level = plain ? '0' : 'level'
  const zeroCount = positive ? '0' : 'coalesce(sum(n) FILTER (bucket = 0), 0)'
  const sides = positive
    ? [sideSql('pos', 'true', whole)]
    : [sideSql('pos', 'bucket > 0', whole), sideSql('neg', 'bucket < 0', whole)]
  const side = (name: 'pos' | 'neg') =>
    positive && name === 'neg'
      ? 'neg_index := []::INTEGER[], neg := []::DOUBLE[]'
      : `${name}_index := ${indexes(name, whole, level)}, ${name} := ${counts(name, whole)}`
  return `${plain ? '' : spansSql(tier)}
  CREATE TEMP TABLE "sketches_${tier}" AS
    SELECT wid, struct_pack(scale := (${MAX_SCHEMA} - ${level})::INTEGER, zero_count := zero_count, zero_threshold := 0::DOUBLE,
                       ${side('pos')}, ${side('neg')}) AS sketch
    FROM (SELECT wid, ${plain ? '' : 'max(level) AS level, '}${zeroCount}::DOUBLE AS zero_count, ${sides.join(', ')}
          FROM (${plain ? `SELECT ${WID_SQL} AS wid, ${BUCKET_SQL} AS bucket, n FROM "buckets_${tier}"` : spannedSql(tier)})
          GROUP BY wid)`
}

/** Windows that need a sketch, and the level of those that may not fit into the finest schema. */
function spansSql(tier: Tier): string {
  return `CREATE OR REPLACE TEMP TABLE spans AS
    SELECT wid, level, ${WIDE} AS wide FROM "windows_${tier}" WHERE min < max;
  CREATE OR REPLACE TEMP TABLE wide_spans AS
    SELECT wid, least(greatest(level, ${levelSql()}), ${LEVELS}) AS level
    FROM (SELECT wid, any_value(level) AS level,
                 min(bucket) FILTER (bucket > 0) AS low, max(bucket) FILTER (bucket > 0) AS high,
                 min(-bucket) FILTER (bucket < 0) AS negative_low, max(-bucket) FILTER (bucket < 0) AS negative_high
          FROM (SELECT wid, level, ${BUCKET_SQL} AS bucket FROM "buckets_${tier}" JOIN spans ON wid = ${WID_SQL} WHERE wide)
          GROUP BY wid);`
}

/** The bucket rows of those windows, at their level. */
function spannedSql(tier: Tier): string {
  return `SELECT wid, 0 AS level, ${BUCKET_SQL} AS bucket, n
    FROM "buckets_${tier}" JOIN spans ON wid = ${WID_SQL} WHERE NOT wide
    UNION ALL
    SELECT wid, level, bucket, sum(n) AS n
    FROM (SELECT wid, level, sign(${BUCKET_SQL}) * (abs(${BUCKET_SQL}) >> level) AS bucket, n
          FROM "buckets_${tier}" JOIN wide_spans ON wid = ${WID_SQL})
    GROUP BY wid, level, bucket`
}

function sideSql(side: string, condition: string, whole: boolean): string {
  const entry = whole ? '(abs(bucket)::BIGINT << 32) | n::BIGINT' : "{'i': abs(bucket), 'n': n}"
  return `list_sort(list(${entry})${condition === 'true' ? '' : ` FILTER (${condition})`}) AS ${side}`
}

/** @param level SQL; a column would have to be handed to the lambda with every entry, a constant need not */
function indexes(side: string, whole: boolean, level: string): string {
  const index = whole ? '(x >> 32)' : 'x.i'
  return `coalesce(list_transform(${side}, lambda x: (${index} - (${BUCKET_SHIFT} >> ${level}))::INTEGER), []::INTEGER[])`
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
