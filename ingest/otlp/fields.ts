import { bytesTag, fixed64Tag, varintTag } from '../protobuf/reader.js'

/** Field numbers of the OTLP metrics messages, as their specification (opentelemetry-proto v1) gives them. */

export const ExportRequest = { resourceMetrics: bytesTag(1) } as const

export const ResourceMetrics = { resource: bytesTag(1), scopeMetrics: bytesTag(2) } as const

export const Resource = { attribute: bytesTag(1) } as const

export const ScopeMetrics = { scope: bytesTag(1), metric: bytesTag(2), schemaUrl: bytesTag(3) } as const

export const Scope = { name: bytesTag(1), version: bytesTag(2), attribute: bytesTag(3) } as const

export const Metric = {
  name: bytesTag(1),
  description: bytesTag(2),
  unit: bytesTag(3),
  gauge: bytesTag(5),
  sum: bytesTag(7),
  histogram: bytesTag(9),
  exponential: bytesTag(10),
  summary: bytesTag(11),
} as const

/** The same in all five types of metric. */
export const MetricBody = { dataPoint: bytesTag(1), temporality: varintTag(2), isMonotonic: varintTag(3) } as const

/** Times stand at the same place in all types of data points. */
export const PointTimes = { start: fixed64Tag(2), time: fixed64Tag(3) } as const

export const NumberPoint = {
  asDouble: fixed64Tag(4),
  asInt: fixed64Tag(6),
  attribute: bytesTag(7),
  flags: varintTag(8),
} as const

export const HistogramPoint = {
  count: fixed64Tag(4),
  sum: fixed64Tag(5),
  bucketCount: fixed64Tag(6),
  bucketCounts: bytesTag(6),
  bound: fixed64Tag(7),
  bounds: bytesTag(7),
  attribute: bytesTag(9),
  flags: varintTag(10),
} as const

export const ExponentialPoint = {
  attribute: bytesTag(1),
  count: fixed64Tag(4),
  sum: fixed64Tag(5),
  scale: varintTag(6),
  zeroCount: fixed64Tag(7),
  positive: bytesTag(8),
  negative: bytesTag(9),
  flags: varintTag(10),
  min: fixed64Tag(12),
  max: fixed64Tag(13),
  zeroThreshold: fixed64Tag(14),
} as const

export const Buckets = { offset: varintTag(1), count: varintTag(2), counts: bytesTag(2) } as const

export const SummaryPoint = {
  count: fixed64Tag(4),
  sum: fixed64Tag(5),
  quantile: bytesTag(6),
  attribute: bytesTag(7),
  flags: varintTag(8),
} as const

export const ValueAtQuantile = { quantile: fixed64Tag(1), value: fixed64Tag(2) } as const

export const KeyValue = { key: bytesTag(1), value: bytesTag(2) } as const

export const AnyValue = {
  text: bytesTag(1),
  bool: varintTag(2),
  int: varintTag(3),
  double: fixed64Tag(4),
  array: bytesTag(5),
  list: bytesTag(6),
  bytes: bytesTag(7),
} as const

/** Both ArrayValue and KeyValueList. */
export const Values = { value: bytesTag(1) } as const
