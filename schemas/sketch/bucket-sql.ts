import { BOUNDS, CELL_BUCKET, CELLS, SUB_BUCKETS } from './bucket.js'

/**
 * The same bucket as `bucketIndex`, as SQL (DuckDB). SQL cannot see a float's bits, so a logarithm proposes and, where
 * the proposal is within 1e-9 of a boundary, the exact rule decides with the same constants. The logarithm and the
 * rounding of the constants together err by less than 1e-11 of a bucket at every magnitude.
 */

/** Distance to a boundary, in buckets, below which the logarithm is not trusted. */
const NEAR = 1e-9

/** Signed bucket of 0. Positive buckets lie above, negative ones mirrored below, so their order is that of the values. */
const ZERO_BUCKET = 0

/** Signed bucket of a positive value of index i is `BUCKET_SHIFT + i`; of a negative one `-(BUCKET_SHIFT + i)`. */
export const BUCKET_SHIFT = 65_536

/** SQL for where the number `value` falls among the buckets, as a fraction: a column to be made before its bucket. */
export function bucketPlaceSql(value: string): string {
  return `(log2(CASE WHEN ${value} = 0 THEN 1 ELSE abs(${value}) END) * ${SUB_BUCKETS})`
}

/** SQL for the index at schema 5 of the finite magnitude `magnitude` > 0. @param place its {@link bucketPlaceSql}, best a column */
export function bucketIndexSql(magnitude: string, place = bucketPlaceSql(magnitude)): string {
  const inside = `${place} - floor(${place}) BETWEEN ${NEAR} AND ${1 - NEAR}`
  return `CASE WHEN ${inside} THEN floor(${place})::INTEGER ELSE ${exactIndexSql(magnitude)} END`
}

/** SQL for the signed bucket of the finite number `value`: see {@link BUCKET_SHIFT}. @param place as above */
export function signedBucketSql(value: string, place = bucketPlaceSql(value)): string {
  const index = bucketIndexSql(`abs(${value})`, place)
  return `CASE WHEN ${value} = 0 THEN ${ZERO_BUCKET} WHEN ${value} > 0 THEN ${BUCKET_SHIFT} + (${index}) ELSE -${BUCKET_SHIFT} - (${index}) END`
}

/** As {@link bucketPlaceSql}, for a column of values above 0. */
export function positivePlaceSql(value: string): string {
  return `(log2(${value}) * ${SUB_BUCKETS})`
}

/** As {@link signedBucketSql}, for a column of values above 0. @param place its {@link positivePlaceSql}, best a column */
export function positiveBucketSql(value: string, place: string): string {
  return `${BUCKET_SHIFT} + (${bucketIndexSql(value, place)})`
}

/** Powers of two scale exactly, so the mantissa is exact, subnormals included. */
function exactIndexSql(magnitude: string): string {
  const guess = `floor(log2(${magnitude}))`
  const exponent = `(CASE WHEN ${magnitude} < pow(2, ${guess}) THEN ${guess} - 1 WHEN ${magnitude} >= pow(2, ${guess} + 1) THEN ${guess} + 1 ELSE ${guess} END)`
  const mantissa = `(${magnitude} / pow(2, ${exponent}))`
  const bucket = `([${CELL_BUCKET.join(',')}][floor((${mantissa} - 1) * ${CELLS})::INTEGER + 1])`
  const upper = `([${BOUNDS.map((bound) => `${bound}::DOUBLE`).join(',')}][${bucket} + 2])`
  return `(${exponent} * ${SUB_BUCKETS})::INTEGER + CASE WHEN ${mantissa} = 1 THEN -1 ELSE ${bucket} + (CASE WHEN ${mantissa} > ${upper} THEN 1 ELSE 0 END) END`
}
