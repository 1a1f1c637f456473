import type { Label } from '../../schemas/series/series.js'
import { ProtobufReader } from '../protobuf/reader.js'
import { utf8Text } from '../protobuf/text.js'
import { DataPoint, type MetricHeader, type MetricType, type ScopeHeader, Temporality } from './data-point.js'
import { ExportRequest, Metric, MetricBody, Resource, ResourceMetrics, Scope, ScopeMetrics } from './fields.js'
import { ProtobufAttributes, readAttribute, readText } from './read-protobuf-attributes.js'
import { readPoint } from './read-protobuf-points.js'
import type { Translator } from './translator.js'

/** The field of each type of metric. */
const TYPES: ReadonlyMap<number, MetricType> = new Map([
  [Metric.gauge, 'gauge'],
  [Metric.sum, 'sum'],
  [Metric.histogram, 'histogram'],
  [Metric.exponential, 'exponential'],
  [Metric.summary, 'summary'],
])

/**
 * Reads an ExportMetricsServiceRequest message. What stands above the points (resource, scope, temporality) may come
 * behind them on the wire, so each message is passed over once for it, which skips by lengths, before its points are read.
 * @throws WireError; what was complete before it has been told
 */
export function readProtobuf(body: Uint8Array, translator: Translator): void {
  const point = new DataPoint()
  const attributes = new ProtobufAttributes(body)
  const reader = new ProtobufReader(body)
  eachMessage(reader, ExportRequest.resourceMetrics, () => {
    translator.startResource(() => readResource(over(reader)))
    eachMessage(reader, ResourceMetrics.scopeMetrics, () => {
      translator.startScope(() => readScopeHeader(over(reader)))
      eachMessage(reader, ScopeMetrics.metric, () => readMetric(reader, translator, point, attributes))
    })
    translator.endResource()
  })
}

function readMetric(
  reader: ProtobufReader,
  translator: Translator,
  point: DataPoint,
  attributes: ProtobufAttributes,
): void {
  const { header, fault } = readMetricHeader(over(reader))
  translator.startMetric(header, fault)
  while (reader.next()) {
    if (TYPES.get(reader.tag) !== header.type) {
      reader.skip()
      continue
    }
    const outer = reader.enter()
    eachMessage(reader, MetricBody.dataPoint, () => {
      readPoint(reader, header.type, point, attributes)
      translator.point(point, attributes)
    })
    reader.leave(outer)
  }
}

function readMetricHeader(reader: ProtobufReader): { header: MetricHeader; fault: string | undefined } {
  const header: MetricHeader = {
    name: '',
    unit: '',
    description: '',
    type: 'gauge',
    temporality: Temporality.Unspecified,
    isMonotonic: false,
  }
  let fault: string | undefined
  const text = (what: string): string => {
    reader.span()
    const value = utf8Text(reader.bytes, reader.from, reader.to)
    if (value === undefined) fault ??= `${what} is not valid UTF-8`
    return value ?? ''
  }
  while (reader.next()) {
    const type = TYPES.get(reader.tag)
    if (type !== undefined) {
      header.type = type
      const outer = reader.enter()
      readTemporality(reader, header)
      reader.leave(outer)
    } else if (reader.tag === Metric.name) header.name = text('the metric name')
    else if (reader.tag === Metric.description) header.description = text('the description of the metric')
    else if (reader.tag === Metric.unit) header.unit = text('the unit of the metric')
    else reader.skip()
  }
  return { header, fault }
}

function readTemporality(reader: ProtobufReader, header: MetricHeader): void {
  while (reader.next()) {
    if (reader.tag === MetricBody.temporality) header.temporality = reader.uint64()
    else if (reader.tag === MetricBody.isMonotonic) header.isMonotonic = reader.uint64() !== 0
    else reader.skip()
  }
}

function readResource(reader: ProtobufReader): Label[] {
  const attributes: Label[] = []
  eachMessage(reader, ResourceMetrics.resource, () => {
    eachMessage(reader, Resource.attribute, () => attributes.push(readAttribute(reader)))
  })
  return attributes
}

function readScopeHeader(reader: ProtobufReader): ScopeHeader {
  const header: ScopeHeader = { name: '', version: '', schemaUrl: '', attributes: [] }
  while (reader.next()) {
    if (reader.tag === ScopeMetrics.schemaUrl) header.schemaUrl = readText(reader, 'the schema URL of the scope')
    else if (reader.tag === ScopeMetrics.scope) {
      const outer = reader.enter()
      readScope(reader, header)
      reader.leave(outer)
    } else reader.skip()
  }
  return header
}

function readScope(reader: ProtobufReader, header: ScopeHeader): void {
  while (reader.next()) {
    if (reader.tag === Scope.name) header.name = readText(reader, 'the name of the scope')
    else if (reader.tag === Scope.version) header.version = readText(reader, 'the version of the scope')
    else if (reader.tag === Scope.attribute) {
      const outer = reader.enter()
      header.attributes.push(readAttribute(reader))
      reader.leave(outer)
    } else reader.skip()
  }
}

/** A cursor of its own over the message that the reader has entered. */
function over({ bytes, at, end }: ProtobufReader): ProtobufReader {
  return new ProtobufReader(bytes, at, end)
}

/** Enters every message field of that tag; `read` need not go to its end. */
function eachMessage(reader: ProtobufReader, tag: number, read: () => void): void {
  while (reader.next()) {
    if (reader.tag !== tag) {
      reader.skip()
      continue
    }
    const outer = reader.enter()
    read()
    reader.leave(outer)
  }
}
