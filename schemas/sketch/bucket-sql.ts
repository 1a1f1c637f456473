import { BOUNDS, CELL_BUCKET, CELLS, SUB_BUCKETS } from './bucket.js'

/**
 * The same bucket as `bucketIndex`, as SQL (DuckDB). SQL cannot see a float's bits, so a logarithm proposes and, where
 * the proposal is within 1e-9 of a boundary, the exact rule decides with the same constants. The logarithm and the
 * rounding of the constants together err by less than 1e-11 of a bucket at every magnitude.
 */

/** Distance to a boundary, in buckets, below which the logarithm is not trusted. */
const NEAR = 1e-9

/** SQL for the index at schema 5 of the finite magnitude `magnitude` > 0. */
export function bucketIndexSql(magnitude: string): string {
  const place = `(log2(${magnitude}) * ${SUB_BUCKETS})`
  const inside = `${place} - floor(${place}) BETWEEN ${NEAR} AND ${1 - NEAR}`
  return `CASE WHEN ${inside} THEN floor(${place})::INTEGER ELSE ${exactIndexSql(magnitude)} END`
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
