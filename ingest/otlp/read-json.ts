import type { Label } from '../../schemas/series/series.js'
import { utf8Text } from '../protobuf/text.js'
import {
  BadPointError,
  DataPoint,
  type MetricHeader,
  type MetricType,
  type ScopeHeader,
  Temporality,
} from './data-point.js'
import { enumOf, isObject, type JsonObject, listOf, objectOf, textOf } from './json-values.js'
import { JsonAttributes, readAttributes } from './read-json-attributes.js'
import { readPoint } from './read-json-points.js'
import type { Translator } from './translator.js'

/** The member of each type of metric. */
const TYPES: readonly (readonly [string, MetricType])[] = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential'],
  ['summary', 'summary'],
]

const TEMPORALITIES: Readonly<Record<string, number>> = {
  AGGREGATION_TEMPORALITY_UNSPECIFIED: Temporality.Unspecified,
  AGGREGATION_TEMPORALITY_DELTA: Temporality.Delta,
  AGGREGATION_TEMPORALITY_CUMULATIVE: Temporality.Cumulative,
}

/** A body that is no OTLP/JSON request; the message says why. */
export class JsonBodyError extends Error {
  override readonly name = 'JsonBodyError'
}

/**
 * Reads an ExportMetricsServiceRequest in OTLP/JSON: lowerCamelCase names, 64-bit integers as text or numbers, enums as
 * numbers or names, unknown members ignored, null as absent.
 * @throws JsonBodyError
 */
export function readJson(body: Uint8Array, translator: Translator): void {
  const request = parse(body)
  const point = new DataPoint()
  for (const resourceMetrics of items(request, 'resourceMetrics', translator)) {
    translator.startResource(() => readAttributes(objectOf(resourceMetrics, 'resource')))
    for (const scopeMetrics of items(resourceMetrics, 'scopeMetrics', translator)) {
      translator.startScope(() => readScope(scopeMetrics))
      for (const metric of items(scopeMetrics, 'metrics', translator)) readMetric(metric, translator, point)
    }
    translator.endResource()
  }
}

function parse(body: Uint8Array): JsonObject {
  const text = utf8Text(body, 0, body.length)
  if (text === undefined) throw new JsonBodyError('it is not valid UTF-8')
  let request: unknown
  try {
    request = JSON.parse(text)
  } catch (error) {
    throw new JsonBodyError((error as Error).message)
  }
  if (!isObject(request)) throw new JsonBodyError('the request is not an object')
  return request
}

/** The objects of a list above the points. What is no list or no object cannot hold points that could be counted: one refusal. */
function* items(parent: JsonObject, name: string, translator: Translator): Iterable<JsonObject> {
  let list: unknown[]
  try {
    list = listOf(parent, name)
  } catch (error) {
    if (!(error instanceof BadPointError)) throw error
    translator.refusePoint(error.message)
    return
  }
  for (const item of list) {
    if (isObject(item)) yield item
    else translator.refusePoint(`an item of ${name} is not an object`)
  }
}

function readMetric(metric: JsonObject, translator: Translator, point: DataPoint): void {
  const [member, type] = TYPES.find(([name]) => isObject(metric[name])) ?? ['gauge', 'gauge']
  const body = isObject(metric[member]) ? metric[member] : {}
  const header: MetricHeader = {
    name: '',
    unit: '',
    description: '',
    type,
    temporality: Temporality.Unspecified,
    isMonotonic: body.isMonotonic === true,
  }
  let fault: string | undefined
  try {
    header.name = textOf(metric, 'name')
    header.unit = textOf(metric, 'unit')
    header.description = textOf(metric, 'description')
    header.temporality = enumOf(body, 'aggregationTemporality', TEMPORALITIES)
  } catch (error) {
    if (!(error instanceof BadPointError)) throw error
    fault = error.message
  }
  translator.startMetric(header, fault)
  for (const item of items(body, 'dataPoints', translator)) {
    readPoint(item, type, point)
    let attributes: Label[] = []
    try {
      attributes = readAttributes(item)
    } catch (error) {
      if (!(error instanceof BadPointError)) throw error
      point.fault ??= error.message
    }
    translator.point(point, new JsonAttributes(attributes))
  }
}

function readScope(scopeMetrics: JsonObject): ScopeHeader {
  const scope = objectOf(scopeMetrics, 'scope')
  return {
    name: textOf(scope, 'name'),
    version: textOf(scope, 'version'),
    schemaUrl: textOf(scopeMetrics, 'schemaUrl'),
    attributes: readAttributes(scope),
  }
}
