import { BUCKET_SHIFT } from '../../schemas/sketch/bucket-sql.js'
import { MAX_SCHEMA } from '../../schemas/sketch/bucket.js'
import { MAX_BUCKETS, MIN_SCHEMA } from '../../schemas/sketch/sketch.js'
import type { Tier } from '../../schemas/time.js'

/**
 * Bucket rows to the struct at rest. A window whose finite values are all equal stores none.
 * The schema is the finest at which both runs of buckets span at most 512, as `Sketch` has it: a function of the
 * lowest and highest bucket on each side alone. The shift of signed buckets is a multiple of every power of two used
 * here, so a shifted bucket halves like its index.
 */
export function sketchesSql(tier: Tier): string {
  const lists = (side: string, condition: string) => `
    coalesce(list_transform(list_sort(list({'i': abs(bucket), 'n': n}) FILTER (${condition})), lambda x: (x.i - (${BUCKET_SHIFT} >> level))::INTEGER), []) AS ${side}_index,
    coalesce(list_transform(list_sort(list({'i': abs(bucket), 'n': n}) FILTER (${condition})), lambda x: x.n), []) AS ${side}`
  return `CREATE TEMP TABLE spans AS
    SELECT tag, w, least(greatest(level, ${levelSql()}), ${MAX_SCHEMA - MIN_SCHEMA}) AS level
    FROM (SELECT b.tag, b.w, any_value(v.level) AS level,
                 min(bucket) FILTER (bucket > 0) AS low, max(bucket) FILTER (bucket > 0) AS high,
                 min(-bucket) FILTER (bucket < 0) AS negative_low, max(-bucket) FILTER (bucket < 0) AS negative_high
          FROM "buckets_${tier}" b JOIN "windows_${tier}" v ON b.tag = v.tag AND b.w = v.w
          WHERE v.min < v.max GROUP BY b.tag, b.w);
  CREATE TEMP TABLE "sketches_${tier}" AS
    SELECT tag, w, struct_pack(scale := (${MAX_SCHEMA} - level)::INTEGER, zero_count := zero_count, zero_threshold := 0::DOUBLE,
                               pos_index := pos_index, pos := pos, neg_index := neg_index, neg := neg) AS sketch
    FROM (SELECT tag, w, level, coalesce(sum(n) FILTER (bucket = 0), 0)::DOUBLE AS zero_count,
                 ${lists('pos', 'bucket > 0')}, ${lists('neg', 'bucket < 0')}
          FROM (SELECT b.tag, b.w, s.level, sign(bucket) * (abs(bucket) >> s.level) AS bucket, sum(n) AS n
                FROM "buckets_${tier}" b JOIN spans s ON b.tag = s.tag AND b.w = s.w GROUP BY ALL)
          GROUP BY tag, w, level);
  DROP TABLE spans`
}

function levelSql(): string {
  const span = (level: number, low: string, high: string) => `coalesce((${high} >> ${level}) - (${low} >> ${level}) + 1, 0)`
  const cases = Array.from({ length: MAX_SCHEMA - MIN_SCHEMA }, (_, level) => {
    return `WHEN ${span(level, 'low', 'high')} + ${span(level, 'negative_low', 'negative_high')} <= ${MAX_BUCKETS} THEN ${level}`
  })
  return `CASE ${cases.join(' ')} ELSE ${MAX_SCHEMA - MIN_SCHEMA} END`
}
