import { bytesTag, fixed64Tag, varintTag } from '../protobuf/reader.js'

/** Field numbers of the remote-write 1.0 messages, as their specification (prometheus/prompb) gives them. */

export const WriteRequest = { timeseries: bytesTag(1), metadata: bytesTag(3) } as const

export const MetricMetadata = {
  type: varintTag(1),
  familyName: bytesTag(2),
  help: bytesTag(4),
  unit: bytesTag(5),
} as const

export const TimeSeries = { label: bytesTag(1), sample: bytesTag(2), histogram: bytesTag(4) } as const

export const LabelPair = { name: bytesTag(1), value: bytesTag(2) } as const

export const Sample = { value: fixed64Tag(1), timestamp: varintTag(2) } as const

export const Histogram = {
  countInt: varintTag(1),
  countFloat: fixed64Tag(2),
  sum: fixed64Tag(3),
  schema: varintTag(4),
  zeroThreshold: fixed64Tag(5),
  zeroCountInt: varintTag(6),
  zeroCountFloat: fixed64Tag(7),
  negativeSpan: bytesTag(8),
  negativeDelta: varintTag(9),
  negativeDeltas: bytesTag(9),
  negativeCount: fixed64Tag(10),
  negativeCounts: bytesTag(10),
  positiveSpan: bytesTag(11),
  positiveDelta: varintTag(12),
  positiveDeltas: bytesTag(12),
  positiveCount: fixed64Tag(13),
  positiveCounts: bytesTag(13),
  resetHint: varintTag(14),
  timestamp: varintTag(15),
  customValue: fixed64Tag(16),
  customValues: bytesTag(16),
} as const

export const BucketSpan = { offset: varintTag(1), length: varintTag(2) } as const
