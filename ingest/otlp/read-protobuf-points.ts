import { MAX_HISTOGRAM_BUCKETS, type SparseBuckets } from '../histogram/exponential.js'
import type { ProtobufReader } from '../protobuf/reader.js'
import type { DataPoint, MetricType } from './data-point.js'
import {
  Buckets,
  ExponentialPoint,
  HistogramPoint,
  NumberPoint,
  PointTimes,
  SummaryPoint,
  ValueAtQuantile,
} from './fields.js'
import type { ProtobufAttributes } from './read-protobuf-attributes.js'

/** Fills `point` and `attributes` from the data point that the reader has entered. @throws WireError */
export function readPoint(
  reader: ProtobufReader,
  type: MetricType,
  point: DataPoint,
  attributes: ProtobufAttributes,
): void {
  point.clear(type)
  attributes.clear(reader.bytes)
  const attributeTag = ATTRIBUTE_TAGS[type]
  const readField = FIELD_READERS[type]
  for (let from = reader.at; reader.next(); from = reader.at) {
    if (reader.tag === attributeTag) {
      reader.span()
      attributes.add(reader, from, reader.at)
    } else if (reader.tag === PointTimes.time) point.timeMs = reader.nanosAsMs()
    else if (reader.tag === PointTimes.start) point.startMs = reader.nanosAsMs()
    else readField(reader, point)
  }
}

const ATTRIBUTE_TAGS: Readonly<Record<MetricType, number>> = {
  gauge: NumberPoint.attribute,
  sum: NumberPoint.attribute,
  histogram: HistogramPoint.attribute,
  exponential: ExponentialPoint.attribute,
  summary: SummaryPoint.attribute,
}

const FIELD_READERS: Readonly<Record<MetricType, (reader: ProtobufReader, point: DataPoint) => void>> = {
  gauge: readNumberField,
  sum: readNumberField,
  histogram: readHistogramField,
  exponential: readExponentialField,
  summary: readSummaryField,
}

function readNumberField(reader: ProtobufReader, point: DataPoint): void {
  if (reader.tag === NumberPoint.asDouble) point.value = reader.double()
  else if (reader.tag === NumberPoint.asInt) point.value = reader.sfixed64()
  else if (reader.tag === NumberPoint.flags) point.flags = reader.uint64()
  else reader.skip()
}

function readHistogramField(reader: ProtobufReader, point: DataPoint): void {
  const { tag } = reader
  if (tag === HistogramPoint.count) point.count = reader.fixed64()
  else if (tag === HistogramPoint.sum) point.sum = reader.double()
  else if (tag === HistogramPoint.bucketCounts) packed(reader, () => point.keep(point.values, reader.fixed64()))
  else if (tag === HistogramPoint.bucketCount) point.keep(point.values, reader.fixed64())
  else if (tag === HistogramPoint.bounds) packed(reader, () => point.keep(point.bounds, reader.double()))
  else if (tag === HistogramPoint.bound) point.keep(point.bounds, reader.double())
  else if (tag === HistogramPoint.flags) point.flags = reader.uint64()
  else reader.skip()
}

function readExponentialField(reader: ProtobufReader, point: DataPoint): void {
  const { tag } = reader
  const { exponential } = point
  if (tag === ExponentialPoint.count) exponential.count = reader.fixed64()
  else if (tag === ExponentialPoint.sum) exponential.sum = reader.double()
  else if (tag === ExponentialPoint.scale) exponential.schema = reader.sint64()
  else if (tag === ExponentialPoint.zeroCount) exponential.zeroCount = reader.fixed64()
  else if (tag === ExponentialPoint.positive) readBuckets(reader, exponential.positive)
  else if (tag === ExponentialPoint.negative) readBuckets(reader, exponential.negative)
  else if (tag === ExponentialPoint.flags) point.flags = reader.uint64()
  else if (tag === ExponentialPoint.min) exponential.min = reader.double()
  else if (tag === ExponentialPoint.max) exponential.max = reader.double()
  else if (tag === ExponentialPoint.zeroThreshold) exponential.zeroThreshold = reader.double()
  else reader.skip()
}

function readSummaryField(reader: ProtobufReader, point: DataPoint): void {
  if (reader.tag === SummaryPoint.count) point.count = reader.fixed64()
  else if (reader.tag === SummaryPoint.sum) point.sum = reader.double()
  else if (reader.tag === SummaryPoint.quantile) readQuantile(reader, point)
  else if (reader.tag === SummaryPoint.flags) point.flags = reader.uint64()
  else reader.skip()
}

function readQuantile(reader: ProtobufReader, point: DataPoint): void {
  let quantile = 0
  let value = 0
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.tag === ValueAtQuantile.quantile) quantile = reader.double()
    else if (reader.tag === ValueAtQuantile.value) value = reader.double()
    else reader.skip()
  }
  reader.leave(outer)
  point.keep(point.bounds, quantile)
  point.keep(point.values, value)
}

/** Keeps the filled buckets only: a run of empty ones costs no memory. One more than allowed is kept, so that it is noticed. */
function readBuckets(reader: ProtobufReader, buckets: SparseBuckets): void {
  let offset = 0
  let position = 0
  const first = buckets.indexes.length
  const keepCount = () => {
    const count = reader.uint64()
    if (count > 0 && buckets.indexes.length <= MAX_HISTOGRAM_BUCKETS) {
      buckets.indexes.push(position)
      buckets.counts.push(count)
    }
    position++
  }
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.tag === Buckets.offset) offset = reader.sint64()
    else if (reader.tag === Buckets.counts) packed(reader, keepCount)
    else if (reader.tag === Buckets.count) keepCount()
    else reader.skip()
  }
  reader.leave(outer)
  for (let i = first; i < buckets.indexes.length; i++) buckets.indexes[i] += offset
}

function packed(reader: ProtobufReader, readOne: () => void): void {
  const outer = reader.enter()
  while (reader.at < reader.end) readOne()
  reader.leave(outer)
}
