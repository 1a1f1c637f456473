import type { ValueType } from '../ast.js'

/** What a function takes and gives. */
export interface Signature {
  args: readonly ValueType[]
  /**
   * 0: exactly `args`. n > 0: the last of `args` may be left out, or be repeated up to n - 1 further times. -1: the last
   * of `args` may be left out, or be repeated any number of times.
   */
  variadic: number
  returns: ValueType
  /** Behind a feature flag in Prometheus; always there here. */
  experimental?: true
}

const vectorOf = (...args: ValueType[]): Signature => ({ args, variadic: 0, returns: 'vector' })
const scalarOf = (...args: ValueType[]): Signature => ({ args, variadic: 0, returns: 'scalar' })
const variadic = (count: number, signature: Signature): Signature => ({ ...signature, variadic: count })
const experimental = (signature: Signature): Signature => ({ ...signature, experimental: true })

const VECTOR = vectorOf('vector')
const RANGE = vectorOf('matrix')
const TIME_PART = variadic(1, vectorOf('vector'))

/** Every function of Prometheus 3.14, experimental ones included. */
export const SIGNATURES: Readonly<Record<string, Signature>> = {
  // Over a range
  absent_over_time: RANGE,
  avg_over_time: RANGE,
  changes: RANGE,
  count_over_time: RANGE,
  delta: RANGE,
  deriv: RANGE,
  double_exponential_smoothing: experimental(vectorOf('matrix', 'scalar', 'scalar')),
  first_over_time: RANGE,
  idelta: RANGE,
  increase: RANGE,
  irate: RANGE,
  last_over_time: RANGE,
  mad_over_time: experimental(RANGE),
  max_over_time: RANGE,
  min_over_time: RANGE,
  predict_linear: vectorOf('matrix', 'scalar'),
  present_over_time: RANGE,
  quantile_over_time: vectorOf('scalar', 'matrix'),
  rate: RANGE,
  resets: RANGE,
  stddev_over_time: RANGE,
  stdvar_over_time: RANGE,
  sum_over_time: RANGE,
  ts_of_first_over_time: experimental(RANGE),
  ts_of_last_over_time: experimental(RANGE),
  ts_of_max_over_time: experimental(RANGE),
  ts_of_min_over_time: experimental(RANGE),
  // Of each value
  abs: VECTOR,
  absent: VECTOR,
  acos: VECTOR,
  acosh: VECTOR,
  asin: VECTOR,
  asinh: VECTOR,
  atan: VECTOR,
  atanh: VECTOR,
  ceil: VECTOR,
  clamp: vectorOf('vector', 'scalar', 'scalar'),
  clamp_max: vectorOf('vector', 'scalar'),
  clamp_min: vectorOf('vector', 'scalar'),
  cos: VECTOR,
  cosh: VECTOR,
  deg: VECTOR,
  exp: VECTOR,
  floor: VECTOR,
  ln: VECTOR,
  log10: VECTOR,
  log2: VECTOR,
  rad: VECTOR,
  round: variadic(1, vectorOf('vector', 'scalar')),
  scalar: scalarOf('vector'),
  sgn: VECTOR,
  sin: VECTOR,
  sinh: VECTOR,
  sqrt: VECTOR,
  tan: VECTOR,
  tanh: VECTOR,
  vector: vectorOf('scalar'),
  // Of histograms
  histogram_avg: VECTOR,
  histogram_count: VECTOR,
  histogram_fraction: vectorOf('scalar', 'scalar', 'vector'),
  histogram_quantile: vectorOf('scalar', 'vector'),
  histogram_quantiles: experimental(variadic(9, vectorOf('vector', 'string', 'scalar', 'scalar'))),
  histogram_stddev: VECTOR,
  histogram_stdvar: VECTOR,
  histogram_sum: VECTOR,
  // Of labels and their order
  info: experimental(variadic(1, vectorOf('vector', 'vector'))),
  label_join: variadic(-1, vectorOf('vector', 'string', 'string', 'string')),
  label_replace: vectorOf('vector', 'string', 'string', 'string', 'string'),
  sort: VECTOR,
  sort_by_label: experimental(variadic(-1, vectorOf('vector', 'string'))),
  sort_by_label_desc: experimental(variadic(-1, vectorOf('vector', 'string'))),
  sort_desc: VECTOR,
  // Of time
  day_of_month: TIME_PART,
  day_of_week: TIME_PART,
  day_of_year: TIME_PART,
  days_in_month: TIME_PART,
  hour: TIME_PART,
  minute: TIME_PART,
  month: TIME_PART,
  start_timestamp: experimental(VECTOR),
  time: scalarOf(),
  timestamp: VECTOR,
  year: TIME_PART,
  // Scalars: of two, constants, and the query's own grid (in seconds)
  max_of: experimental(scalarOf('scalar', 'scalar')),
  min_of: experimental(scalarOf('scalar', 'scalar')),
  pi: scalarOf(),
  end: experimental(scalarOf()),
  range: experimental(scalarOf()),
  start: experimental(scalarOf()),
  step: experimental(scalarOf()),
}
