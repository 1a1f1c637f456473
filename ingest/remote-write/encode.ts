import { STALE_HIGH, STALE_LOW } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import { ProtobufWriter } from '../protobuf/writer.js'

/** One series as a remote-write sender holds it. */
export interface WriteSeries {
  /** `__name__` among them; a sender writes them sorted by name. */
  labels: readonly Label[]
  samples?: readonly WriteSample[]
  histograms?: readonly WriteHistogram[]
}

/** One sample; `stale` in place of a value is a staleness marker. */
interface WriteSample {
  timeMs: number
  value: number | 'stale'
}

/** A native histogram of integer counts, each bucket with Prometheus's index. */
export interface WriteHistogram {
  timeMs: number
  schema: number
  count: number
  sum: number | 'stale'
  zeroThreshold?: number
  zeroCount?: number
  positive?: WriteBuckets
  negative?: WriteBuckets
  isGauge?: boolean
  customBounds?: readonly number[]
}

/** Runs of buckets: each span leaves out `offset` buckets (the first: begins at it) and takes `length` of the counts. */
interface WriteBuckets {
  spans: readonly { offset: number; length: number }[]
  counts: readonly number[]
}

/** The bytes of a remote-write 1.0 WriteRequest, before snappy. As Prometheus does it, zeros are left out. */
export function encodeWriteRequest(series: readonly WriteSeries[]): Uint8Array {
  const writer = new ProtobufWriter()
  for (const { labels, samples = [], histograms = [] } of series) {
    writer.message(1, (inner) => {
      for (const [name, value] of labels) {
        inner.message(1, (label) => {
          label.text(1, name)
          label.text(2, value)
        })
      }
      for (const sample of samples) inner.message(2, (body) => writeSample(body, sample))
      for (const histogram of histograms) inner.message(4, (body) => writeHistogram(body, histogram))
    })
  }
  return writer.finish()
}

function writeSample(writer: ProtobufWriter, { value, timeMs }: WriteSample): void {
  writeDouble(writer, 1, value)
  if (timeMs !== 0) writer.int64(2, timeMs)
}

function writeHistogram(writer: ProtobufWriter, histogram: WriteHistogram): void {
  const {
    timeMs,
    schema,
    count,
    sum,
    zeroThreshold = 0,
    zeroCount = 0,
    positive,
    negative,
    isGauge,
    customBounds = [],
  } = histogram
  writer.uint64(1, count)
  writeDouble(writer, 3, sum)
  if (schema !== 0) writer.sint64(4, schema)
  writeDouble(writer, 5, zeroThreshold)
  writer.uint64(6, zeroCount)
  if (negative) writeBuckets(writer, 8, negative)
  if (positive) writeBuckets(writer, 11, positive)
  if (isGauge) writer.uint64(14, 3)
  if (timeMs !== 0) writer.int64(15, timeMs)
  writer.packedDouble(16, customBounds)
}

/** Spans in `field`, and behind them the counts, each as the difference to the one before. */
function writeBuckets(writer: ProtobufWriter, field: number, { spans, counts }: WriteBuckets): void {
  for (const { offset, length } of spans) {
    writer.message(field, (span) => {
      if (offset !== 0) span.sint64(1, offset)
      if (length !== 0) span.uint64(2, length)
    })
  }
  writer.packedSint64(
    field + 1,
    counts.map((count, i) => count - (counts[i - 1] ?? 0)),
  )
}

function writeDouble(writer: ProtobufWriter, field: number, value: number | 'stale'): void {
  if (value === 'stale') writer.doubleBits(field, STALE_HIGH, STALE_LOW)
  else if (value !== 0) writer.double(field, value)
}
