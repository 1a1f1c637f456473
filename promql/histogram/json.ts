import type { NativeHistogram } from '../../schemas/histogram.js'
import { formatValue } from '../print/number.js'
import { AscendingBuckets } from './ascending.js'

/** Which of its bounds a bucket contains, as Prometheus's HTTP API numbers it. */
const OPEN_LEFT = 0
const OPEN_RIGHT = 1
const OPEN = 2
const CLOSED = 3

/** A histogram as Prometheus's HTTP API writes it; only populated buckets: [boundary rule, lower, upper, count]. */
interface HistogramJson {
  count: string
  sum: string
  buckets?: [rule: number, lower: string, upper: string, count: string][]
}

export function histogramToJson(histogram: NativeHistogram): HistogramJson {
  const ascending = new AscendingBuckets(histogram)
  const buckets: HistogramJson['buckets'] = []
  for (let place = 0; place < ascending.length; place++) {
    if (ascending.count(place) === 0) continue
    const rule = boundaryRule(ascending.holdsLower(place), ascending.holdsUpper(place))
    const numbers = [ascending.lower(place), ascending.upper(place), ascending.count(place)]
    const [lower, upper, count] = numbers.map(formatValue)
    buckets.push([rule, lower, upper, count])
  }
  const totals = { count: formatValue(histogram.count), sum: formatValue(histogram.sum) }
  return buckets.length === 0 ? totals : { ...totals, buckets }
}

function boundaryRule(holdsLower: boolean, holdsUpper: boolean): number {
  if (holdsLower) return holdsUpper ? CLOSED : OPEN_RIGHT
  return holdsUpper ? OPEN_LEFT : OPEN
}
