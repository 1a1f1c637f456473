import { MAX_HISTOGRAM_BUCKETS, type SparseBuckets } from '../histogram/exponential.js'
import { BadPointError, type DataPoint, type MetricType } from './data-point.js'
import { isObject, type JsonObject, listOf, objectOf, toCount, toDouble, toMs, toWhole } from './json-values.js'

/** Fills `point` from a data point object; what is wrong with it stands in its fault. */
export function readPoint(item: JsonObject, type: MetricType, point: DataPoint): void {
  point.clear(type)
  try {
    ifGiven(item, 'startTimeUnixNano', (value, name) => {
      point.startMs = toMs(value, name)
    })
    ifGiven(item, 'timeUnixNano', (value, name) => {
      point.timeMs = toMs(value, name)
    })
    ifGiven(item, 'flags', (value, name) => {
      point.flags = toWhole(value, name)
    })
    MEMBER_READERS[type](item, point)
  } catch (error) {
    if (!(error instanceof BadPointError)) throw error
    point.fault ??= error.message
  }
}

const MEMBER_READERS: Readonly<Record<MetricType, (item: JsonObject, point: DataPoint) => void>> = {
  gauge: readNumber,
  sum: readNumber,
  histogram: readHistogram,
  exponential: readExponential,
  summary: readSummary,
}

function readNumber(item: JsonObject, point: DataPoint): void {
  ifGiven(item, 'asInt', (value, name) => {
    point.value = toWhole(value, name)
  })
  ifGiven(item, 'asDouble', (value, name) => {
    point.value = toDouble(value, name)
  })
}

function readHistogram(item: JsonObject, point: DataPoint): void {
  readCountAndSum(item, point)
  for (const value of listOf(item, 'bucketCounts')) point.keep(point.values, toCount(value, 'a bucket count'))
  for (const value of listOf(item, 'explicitBounds')) point.keep(point.bounds, toDouble(value, 'an explicit bound'))
}

function readExponential(item: JsonObject, { exponential }: DataPoint): void {
  readCountAndSum(item, exponential)
  ifGiven(item, 'scale', (value, name) => {
    exponential.schema = toWhole(value, name)
  })
  ifGiven(item, 'zeroCount', (value, name) => {
    exponential.zeroCount = toCount(value, name)
  })
  ifGiven(item, 'zeroThreshold', (value, name) => {
    exponential.zeroThreshold = toDouble(value, name)
  })
  ifGiven(item, 'min', (value, name) => {
    exponential.min = toDouble(value, name)
  })
  ifGiven(item, 'max', (value, name) => {
    exponential.max = toDouble(value, name)
  })
  readBuckets(objectOf(item, 'positive'), exponential.positive)
  readBuckets(objectOf(item, 'negative'), exponential.negative)
}

function readSummary(item: JsonObject, point: DataPoint): void {
  readCountAndSum(item, point)
  for (const quantile of listOf(item, 'quantileValues')) {
    if (!isObject(quantile)) throw new BadPointError('an item of quantileValues is not an object')
    point.keep(point.bounds, toDouble(quantile.quantile ?? 0, 'quantile'))
    point.keep(point.values, toDouble(quantile.value ?? 0, 'value'))
  }
}

function readCountAndSum(item: JsonObject, into: { count: number; sum: number | undefined }): void {
  ifGiven(item, 'count', (value, name) => {
    into.count = toCount(value, name)
  })
  ifGiven(item, 'sum', (value, name) => {
    into.sum = toDouble(value, name)
  })
}

function readBuckets(side: JsonObject, buckets: SparseBuckets): void {
  const offset = toWhole(side.offset ?? 0, 'offset')
  listOf(side, 'bucketCounts').forEach((value, position) => {
    const count = toCount(value, 'a bucket count')
    if (count === 0 || buckets.indexes.length > MAX_HISTOGRAM_BUCKETS) return
    buckets.indexes.push(offset + position)
    buckets.counts.push(count)
  })
}

function ifGiven(item: JsonObject, name: string, take: (value: unknown, name: string) => void): void {
  const value = item[name]
  if (value !== undefined && value !== null) take(value, name)
}
