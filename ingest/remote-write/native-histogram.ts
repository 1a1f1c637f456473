import { STALE_HIGH, STALE_LOW } from '../../schemas/points.js'
import {
  type ExponentialHistogram,
  emptyHistogram,
  MAX_HISTOGRAM_BUCKETS,
  type SparseBuckets,
} from '../histogram/exponential.js'
import type { ProtobufReader } from '../protobuf/reader.js'
import { BucketSpan, Histogram } from './fields.js'

/** A native histogram as remote-write carries it. */
export interface NativeHistogram {
  timeMs: number
  /** A staleness marker: nothing else in it counts. */
  isStale: boolean
  /** Its sender calls it a gauge: it is not the sum of all observations but stands for itself. */
  isGauge: boolean
  /** With Prometheus's indexes, which are one higher, brought down to those of {@link ExponentialHistogram}. */
  histogram: ExponentialHistogram
  /** Upper bounds if the buckets are custom (schema -53); then `positive` holds the bucket numbers, from 0 on. */
  bounds: number[] | undefined
  /** What is wrong with it, in words. */
  fault: string | undefined
}

/** The schema that stands for buckets with explicit bounds. */
const CUSTOM_SCHEMA = -53

/** ResetHint.GAUGE. */
const GAUGE = 3

interface Side {
  offsets: number[]
  lengths: number[]
  deltas: number[]
  counts: number[]
}

/** Reads the Histogram message that the reader has entered. @throws WireError */
export function readNativeHistogram(reader: ProtobufReader): NativeHistogram {
  const histogram = emptyHistogram(0)
  histogram.sum = 0
  const native: NativeHistogram = {
    timeMs: 0,
    isStale: false,
    isGauge: false,
    histogram,
    bounds: undefined,
    fault: undefined,
  }
  const positive: Side = { offsets: [], lengths: [], deltas: [], counts: [] }
  const negative: Side = { offsets: [], lengths: [], deltas: [], counts: [] }
  const bounds: number[] = []
  while (reader.next()) {
    const { tag } = reader
    if (tag === Histogram.countInt) histogram.count = reader.uint64()
    else if (tag === Histogram.countFloat) histogram.count = reader.double()
    else if (tag === Histogram.sum) {
      histogram.sum = reader.double()
      if (Number.isNaN(histogram.sum)) native.isStale = reader.doubleHadBits(STALE_HIGH, STALE_LOW)
    } else if (tag === Histogram.schema) histogram.schema = reader.sint64()
    else if (tag === Histogram.zeroThreshold) histogram.zeroThreshold = reader.double()
    else if (tag === Histogram.zeroCountInt) histogram.zeroCount = reader.uint64()
    else if (tag === Histogram.zeroCountFloat) histogram.zeroCount = reader.double()
    else if (tag === Histogram.resetHint) native.isGauge = reader.uint64() === GAUGE
    else if (tag === Histogram.timestamp) native.timeMs = reader.int64()
    else if (tag === Histogram.customValue) keep(bounds, reader.double())
    else if (tag === Histogram.customValues) packed(reader, bounds, readDouble)
    else if (!readSide(reader, positive, Histogram.positiveSpan) && !readSide(reader, negative, Histogram.negativeSpan))
      reader.skip()
  }
  const isCustom = histogram.schema === CUSTOM_SCHEMA
  if (isCustom) native.bounds = bounds
  const shift = isCustom ? 0 : -1
  native.fault = place(positive, histogram.positive, shift) ?? place(negative, histogram.negative, shift)
  return native
}

/** Reads the current field if it belongs to the side whose spans have the given tag. */
function readSide(reader: ProtobufReader, side: Side, spanTag: number): boolean {
  const isPositive = spanTag === Histogram.positiveSpan
  const { tag } = reader
  if (tag === spanTag) readSpan(reader, side)
  else if (tag === (isPositive ? Histogram.positiveDeltas : Histogram.negativeDeltas))
    packed(reader, side.deltas, readDelta)
  else if (tag === (isPositive ? Histogram.positiveDelta : Histogram.negativeDelta)) keep(side.deltas, reader.sint64())
  else if (tag === (isPositive ? Histogram.positiveCounts : Histogram.negativeCounts))
    packed(reader, side.counts, readDouble)
  else if (tag === (isPositive ? Histogram.positiveCount : Histogram.negativeCount)) keep(side.counts, reader.double())
  else return false
  return true
}

function readSpan(reader: ProtobufReader, side: Side): void {
  let offset = 0
  let length = 0
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.tag === BucketSpan.offset) offset = reader.sint64()
    else if (reader.tag === BucketSpan.length) length = reader.uint64()
    else reader.skip()
  }
  reader.leave(outer)
  keep(side.offsets, offset)
  keep(side.lengths, length)
}

const readDouble = (reader: ProtobufReader): number => reader.double()
const readDelta = (reader: ProtobufReader): number => reader.sint64()

function packed(reader: ProtobufReader, values: number[], read: (reader: ProtobufReader) => number): void {
  const outer = reader.enter()
  while (reader.at < reader.end) keep(values, read(reader))
  reader.leave(outer)
}

/** Keeps one more than allowed, so that too many are noticed and never pile up. */
function keep(values: number[], value: number): void {
  if (values.length <= MAX_HISTOGRAM_BUCKETS) values.push(value)
}

/** Lays the counts out over their spans. @returns what is wrong, in words */
function place(side: Side, buckets: SparseBuckets, shift: number): string | undefined {
  const isFloat = side.counts.length > 0
  const values = isFloat ? side.counts : side.deltas
  if (values.length > MAX_HISTOGRAM_BUCKETS || side.offsets.length > MAX_HISTOGRAM_BUCKETS)
    return `the histogram has more than ${MAX_HISTOGRAM_BUCKETS} buckets`
  let index = shift
  let count = 0
  let next = 0
  for (let span = 0; span < side.offsets.length; span++) {
    index += side.offsets[span]
    if (span > 0 && side.offsets[span] < 0) return 'the spans of the histogram overlap'
    if (side.lengths[span] > values.length - next) return 'the spans of the histogram cover more buckets than it has'
    for (let left = side.lengths[span]; left > 0; left--, index++) {
      count = isFloat ? values[next] : count + values[next]
      next++
      if (!(count >= 0)) return `a bucket of the histogram counts ${count}`
      if (count === 0) continue
      buckets.indexes.push(index)
      buckets.counts.push(count)
    }
  }
  return next < values.length ? 'the histogram has more buckets than its spans cover' : undefined
}
