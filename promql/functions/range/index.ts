import { doubleExponentialSmoothing } from './double-exponential.js'
import { firstOverTime, lastOverTime, tsOfFirstOverTime, tsOfLastOverTime } from './ends.js'
import { maxOverTime, minOverTime, tsOfMaxOverTime, tsOfMinOverTime } from './extremes.js'
import type { RangeFunction } from './function.js'
import { delta, increase, rate } from './growth.js'
import { idelta, irate } from './last-step.js'
import { countOverTime, presentOverTime } from './presence.js'
import { quantileOverTime } from './quantile.js'
import { deriv, predictLinear } from './regression.js'
import { madOverTime, stddevOverTime, stdvarOverTime } from './spread.js'
import { avgOverTime, sumOverTime } from './sums.js'
import { changes, resets } from './transitions.js'

/** Every function of a range vector, by the name that it is called by. absent_over_time is what is not present. */
export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  absent_over_time: presentOverTime,
  avg_over_time: avgOverTime,
  changes,
  count_over_time: countOverTime,
  delta,
  deriv,
  double_exponential_smoothing: doubleExponentialSmoothing,
  first_over_time: firstOverTime,
  idelta,
  increase,
  irate,
  last_over_time: lastOverTime,
  mad_over_time: madOverTime,
  max_over_time: maxOverTime,
  min_over_time: minOverTime,
  predict_linear: predictLinear,
  present_over_time: presentOverTime,
  quantile_over_time: quantileOverTime,
  rate,
  resets,
  stddev_over_time: stddevOverTime,
  stdvar_over_time: stdvarOverTime,
  sum_over_time: sumOverTime,
  ts_of_first_over_time: tsOfFirstOverTime,
  ts_of_last_over_time: tsOfLastOverTime,
  ts_of_max_over_time: tsOfMaxOverTime,
  ts_of_min_over_time: tsOfMinOverTime,
}
