import { Buffer } from 'node:buffer'
import { ProtobufWriter } from '../protobuf/writer.js'

/*
 * Writes OTLP/JSON requests as protobuf: what a sender does. The shape is that of the JSON encoding; 64-bit integers
 * are text or numbers. As proto3 wants, a zero is left out unless the field is optional or one of several choices.
 */

type Integer = string | number

interface OtlpValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: Integer
  doubleValue?: number
  arrayValue?: { values: OtlpValue[] }
  kvlistValue?: { values: OtlpAttribute[] }
  /** base64 */
  bytesValue?: string
}

export interface OtlpAttribute {
  key: string
  value: OtlpValue
}

interface AnyPoint {
  attributes?: OtlpAttribute[]
  startTimeUnixNano?: Integer
  timeUnixNano?: Integer
  flags?: number
}

interface OtlpNumberPoint extends AnyPoint {
  asDouble?: number
  asInt?: Integer
}

interface OtlpHistogramPoint extends AnyPoint {
  count?: Integer
  sum?: number
  bucketCounts?: Integer[]
  explicitBounds?: number[]
  min?: number
  max?: number
}

interface OtlpExponentialPoint extends AnyPoint {
  count?: Integer
  sum?: number
  scale?: number
  zeroCount?: Integer
  positive?: OtlpBuckets
  negative?: OtlpBuckets
  min?: number
  max?: number
  zeroThreshold?: number
}

interface OtlpBuckets {
  offset?: number
  bucketCounts?: Integer[]
}

interface OtlpSummaryPoint extends AnyPoint {
  count?: Integer
  sum?: number
  quantileValues?: { quantile?: number; value?: number }[]
}

export interface OtlpMetric {
  name?: string
  description?: string
  unit?: string
  gauge?: { dataPoints: OtlpNumberPoint[] }
  sum?: { dataPoints: OtlpNumberPoint[]; aggregationTemporality?: number; isMonotonic?: boolean }
  histogram?: { dataPoints: OtlpHistogramPoint[]; aggregationTemporality?: number }
  exponentialHistogram?: { dataPoints: OtlpExponentialPoint[]; aggregationTemporality?: number }
  summary?: { dataPoints: OtlpSummaryPoint[] }
}

interface OtlpScopeMetrics {
  scope?: { name?: string; version?: string; attributes?: OtlpAttribute[] }
  metrics?: OtlpMetric[]
  schemaUrl?: string
}

/** An ExportMetricsServiceRequest in the shape of its JSON encoding. */
export interface OtlpRequest {
  resourceMetrics?: { resource?: { attributes?: OtlpAttribute[] }; scopeMetrics?: OtlpScopeMetrics[] }[]
}

/** The bytes of an ExportMetricsServiceRequest. */
export function encodeOtlp(request: OtlpRequest): Uint8Array {
  const writer = new ProtobufWriter()
  for (const { resource, scopeMetrics = [] } of request.resourceMetrics ?? []) {
    writer.message(1, (inner) => {
      if (resource) inner.message(1, (body) => attributes(body, 1, resource.attributes))
      for (const scope of scopeMetrics) inner.message(2, (body) => scopeBody(body, scope))
    })
  }
  return writer.finish()
}

function scopeBody(writer: ProtobufWriter, { scope, metrics = [], schemaUrl }: OtlpScopeMetrics): void {
  if (scope) {
    writer.message(1, (inner) => {
      text(inner, 1, scope.name)
      text(inner, 2, scope.version)
      attributes(inner, 3, scope.attributes)
    })
  }
  for (const metric of metrics) writer.message(2, (inner) => metricBody(inner, metric))
  text(writer, 3, schemaUrl)
}

function metricBody(writer: ProtobufWriter, metric: OtlpMetric): void {
  text(writer, 1, metric.name)
  text(writer, 2, metric.description)
  text(writer, 3, metric.unit)
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric
  if (gauge) writer.message(5, (inner) => points(inner, gauge.dataPoints, numberPoint))
  if (sum) {
    writer.message(7, (inner) => {
      points(inner, sum.dataPoints, numberPoint)
      whole(inner, 2, sum.aggregationTemporality)
      whole(inner, 3, Number(sum.isMonotonic ?? false))
    })
  }
  if (histogram) {
    writer.message(9, (inner) => {
      points(inner, histogram.dataPoints, histogramPoint)
      whole(inner, 2, histogram.aggregationTemporality)
    })
  }
  if (exponentialHistogram) {
    writer.message(10, (inner) => {
      points(inner, exponentialHistogram.dataPoints, exponentialPoint)
      whole(inner, 2, exponentialHistogram.aggregationTemporality)
    })
  }
  if (summary) writer.message(11, (inner) => points(inner, summary.dataPoints, summaryPoint))
}

function points<T extends AnyPoint>(
  writer: ProtobufWriter,
  list: readonly T[],
  write: (writer: ProtobufWriter, point: T) => void,
): void {
  for (const point of list) {
    writer.message(1, (inner) => {
      fixed(inner, 2, point.startTimeUnixNano)
      fixed(inner, 3, point.timeUnixNano)
      write(inner, point)
    })
  }
}

function numberPoint(writer: ProtobufWriter, point: OtlpNumberPoint): void {
  if (point.asDouble !== undefined) writer.double(4, point.asDouble)
  if (point.asInt !== undefined) writer.fixed64(6, BigInt(point.asInt))
  attributes(writer, 7, point.attributes)
  whole(writer, 8, point.flags)
}

function histogramPoint(writer: ProtobufWriter, point: OtlpHistogramPoint): void {
  fixed(writer, 4, point.count)
  optional(writer, 5, point.sum)
  writer.packedFixed64(6, (point.bucketCounts ?? []).map(BigInt))
  writer.packedDouble(7, point.explicitBounds ?? [])
  attributes(writer, 9, point.attributes)
  whole(writer, 10, point.flags)
  optional(writer, 11, point.min)
  optional(writer, 12, point.max)
}

function exponentialPoint(writer: ProtobufWriter, point: OtlpExponentialPoint): void {
  attributes(writer, 1, point.attributes)
  fixed(writer, 4, point.count)
  optional(writer, 5, point.sum)
  if (point.scale) writer.sint64(6, point.scale)
  fixed(writer, 7, point.zeroCount)
  buckets(writer, 8, point.positive)
  buckets(writer, 9, point.negative)
  whole(writer, 10, point.flags)
  optional(writer, 12, point.min)
  optional(writer, 13, point.max)
  double(writer, 14, point.zeroThreshold)
}

function buckets(writer: ProtobufWriter, field: number, side: OtlpBuckets | undefined): void {
  if (side === undefined) return
  writer.message(field, (inner) => {
    if (side.offset) inner.sint64(1, side.offset)
    inner.packedUint64(2, (side.bucketCounts ?? []).map(BigInt))
  })
}

function summaryPoint(writer: ProtobufWriter, point: OtlpSummaryPoint): void {
  fixed(writer, 4, point.count)
  double(writer, 5, point.sum)
  for (const { quantile, value } of point.quantileValues ?? []) {
    writer.message(6, (inner) => {
      double(inner, 1, quantile)
      double(inner, 2, value)
    })
  }
  attributes(writer, 7, point.attributes)
  whole(writer, 8, point.flags)
}

function attributes(writer: ProtobufWriter, field: number, list: readonly OtlpAttribute[] | undefined): void {
  for (const attribute of list ?? []) writer.message(field, (inner) => keyValue(inner, attribute))
}

function keyValue(writer: ProtobufWriter, { key, value }: OtlpAttribute): void {
  text(writer, 1, key)
  writer.message(2, (inner) => anyValue(inner, value))
}

function anyValue(writer: ProtobufWriter, value: OtlpValue): void {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = value
  if (stringValue !== undefined) writer.text(1, stringValue)
  if (boolValue !== undefined) writer.uint64(2, Number(boolValue))
  if (intValue !== undefined) writer.int64(3, BigInt(intValue))
  if (doubleValue !== undefined) writer.double(4, doubleValue)
  if (arrayValue) {
    writer.message(5, (inner) => {
      for (const item of arrayValue.values) inner.message(1, (body) => anyValue(body, item))
    })
  }
  if (kvlistValue) writer.message(6, (inner) => attributes(inner, 1, kvlistValue.values))
  if (bytesValue !== undefined) writer.raw(7, Buffer.from(bytesValue, 'base64'))
}

function text(writer: ProtobufWriter, field: number, value: string | undefined): void {
  if (value) writer.text(field, value)
}

function whole(writer: ProtobufWriter, field: number, value: number | undefined): void {
  if (value) writer.uint64(field, value)
}

function fixed(writer: ProtobufWriter, field: number, value: Integer | undefined): void {
  if (value !== undefined && BigInt(value) !== 0n) writer.fixed64(field, BigInt(value))
}

function double(writer: ProtobufWriter, field: number, value: number | undefined): void {
  if (value) writer.double(field, value)
}

function optional(writer: ProtobufWriter, field: number, value: number | undefined): void {
  if (value !== undefined) writer.double(field, value)
}
