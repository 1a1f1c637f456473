import { TidemarkError } from '../../schemas/errors.js'
import { Kind, STALE_HIGH, STALE_LOW } from '../../schemas/points.js'
import type { DecodeOptions, Decoder } from '../decoder.js'
import { addClassic, addCumulative, addObservations } from '../histogram/add-histogram.js'
import { openMetricsText } from '../histogram/bound-text.js'
import type { CumulativeHistograms, TakeBack } from '../histogram/cumulative.js'
import { histogramFault } from '../histogram/exponential.js'
import { SeriesFamily } from '../histogram/series-family.js'
import { ByteCache } from '../identity/byte-cache.js'
import { hashBytes } from '../identity/byte-numbers.js'
import { ProtobufReader, WireError } from '../protobuf/reader.js'
import type { PointSink } from '../sink.js'
import { Sample, TimeSeries, WriteRequest } from './fields.js'
import { type NamedLabels, readLabels } from './labels.js'
import { readMetadata } from './metadata.js'
import { type NativeHistogram, readNativeHistogram } from './native-histogram.js'

/** Series with histograms that are remembered by their bytes. */
const MAX_FAMILIES = 100_000

/** A handle that has not been asked for yet: a series that holds only histograms has no reading of its bare name. */
const UNRESOLVED = -2

/**
 * Prometheus remote-write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec): a WriteRequest message, snappy undone
 * before (see snappy.ts). Samples are readings; a NaN of the staleness bits is a staleness marker. Native histograms
 * become `_count` and `_sum` readings and an event series of the bare name; those with custom buckets become classic
 * ones. Exemplars are skipped, metadata is passed on. The position of a refusal is the number of the series in the request.
 */
export class RemoteWriteDecoder implements Decoder {
  readonly #states: CumulativeHistograms
  readonly #handles = new ByteCache()
  readonly #familyIndexes = new ByteCache()
  #families: SeriesFamily[] = []
  #epoch = -1

  /** @param states the last histogram of each series, for the growth of cumulative ones */
  constructor(states: CumulativeHistograms) {
    this.#states = states
  }

  decode(body: Uint8Array, _options: DecodeOptions, sink: PointSink): void {
    if (this.#epoch !== sink.epoch) this.#forget(sink.epoch)
    this.#states.begin()
    const reader = new ProtobufReader(body)
    sink.position = 0
    try {
      while (reader.next()) {
        if (reader.tag !== WriteRequest.timeseries && reader.tag !== WriteRequest.metadata) {
          reader.skip()
          continue
        }
        const isSeries = reader.tag === WriteRequest.timeseries
        if (isSeries) sink.position++
        const outer = reader.enter()
        if (isSeries) this.#series(reader, sink)
        else readMetadata(reader, sink)
        reader.leave(outer)
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      if (sink.position === 0) sink.position = 1
      sink.refuse(new TidemarkError('TM_BODY_SYNTAX', { format: 'remote-write', reason: error.message }, error))
    }
  }

  /** Takes back what the request just decoded changed in the states; call it if its points could not be stored. */
  takeBack(): TakeBack {
    return this.#states.takeBack()
  }

  /**
   * One TimeSeries, entered. Nearly all are labels followed by samples, each field shorter than 128 bytes: their bounds
   * are found by adding up lengths.
   */
  #series(reader: ProtobufReader, sink: PointSink): void {
    const { bytes, at: start, end } = reader
    const labelsEnd = endOfRun(bytes, start, end, TimeSeries.label)
    if (labelsEnd === start || endOfRun(bytes, labelsEnd, end, TimeSeries.sample) !== end || labelsEnd === end) {
      this.#anySeries(reader, sink)
      return
    }
    const handle = this.#handle(reader, sink, start, labelsEnd)
    if (handle === -1) return
    for (let at = labelsEnd; at < end; at = reader.end) {
      reader.end = at + 2 + bytes[at + 1]
      reader.at = at + 2
      addSample(reader, sink, handle)
    }
  }

  /** A TimeSeries of any form. Labels may stand anywhere in it, but must be known before the first sample is added. */
  #anySeries(reader: ProtobufReader, sink: PointSink): void {
    const start = reader.at
    let labelsEnd = start
    let labelsAreFirst = true
    let isEmpty = true
    while (reader.next()) {
      const isLabel = reader.tag === TimeSeries.label
      if (isLabel && !isEmpty) labelsAreFirst = false
      if (!isLabel) isEmpty = false
      reader.skip()
      if (isLabel && labelsAreFirst) labelsEnd = reader.at
    }
    reader.at = start
    // [start, key) identifies the series; empty if its labels are scattered, then nothing is remembered for it.
    const key = labelsAreFirst ? labelsEnd : start
    if (isEmpty) this.#labels(reader, sink, start, key)
    let handle = UNRESOLVED
    reader.at = key
    while (handle !== -1 && reader.next()) {
      if (reader.tag === TimeSeries.sample) {
        if (handle === UNRESOLVED) handle = this.#handle(reader, sink, start, key)
        const outer = reader.enter()
        addSample(reader, sink, handle)
        reader.leave(outer)
      } else if (reader.tag === TimeSeries.histogram) {
        if (!this.#histogram(reader, sink, start, key)) return
      } else reader.skip()
    }
  }

  /** The handle of the series whose labels are bytes [start, end), or stand anywhere in the message if that is empty. */
  #handle(reader: ProtobufReader, sink: PointSink, start: number, end: number): number {
    const { bytes } = reader
    const hash = hashBytes(bytes, start, end)
    if (end > start) {
      const known = this.#handles.get(bytes, start, end, hash)
      if (known !== -1) return known
    }
    const named = this.#labels(reader, sink, start, end)
    if (named === undefined) return -1
    const handle = sink.series(named.metric, named.labels, Kind.Sample)
    if (handle !== -1 && end > start) this.#handles.set(bytes, start, end, hash, handle)
    return handle
  }

  #family(reader: ProtobufReader, sink: PointSink, start: number, end: number): SeriesFamily | undefined {
    const { bytes } = reader
    const hash = hashBytes(bytes, start, end)
    if (end > start) {
      const known = this.#familyIndexes.get(bytes, start, end, hash)
      if (known !== -1) return this.#families[known]
    }
    const named = this.#labels(reader, sink, start, end)
    if (named === undefined) return undefined
    const family = new SeriesFamily(named.metric, named.labels)
    if (end === start) return family
    if (this.#families.length >= MAX_FAMILIES) {
      this.#familyIndexes.clear()
      this.#families = []
    }
    this.#familyIndexes.set(bytes, start, end, hash, this.#families.push(family) - 1)
    return family
  }

  #labels(
    { bytes, end: messageEnd }: ProtobufReader,
    sink: PointSink,
    start: number,
    end: number,
  ): NamedLabels | undefined {
    const named = readLabels(new ProtobufReader(bytes, start, end > start ? end : messageEnd))
    if (!(named instanceof TidemarkError)) return named
    sink.refuse(named)
    return undefined
  }

  /** One Histogram field. @returns false if the series was refused */
  #histogram(reader: ProtobufReader, sink: PointSink, start: number, key: number): boolean {
    const family = this.#family(reader, sink, start, key)
    if (family === undefined) return false
    const outer = reader.enter()
    const native = readNativeHistogram(reader)
    reader.leave(outer)
    const reason = faultOf(native)
    if (reason === undefined) this.#add(native, family, sink)
    else sink.refuse(new TidemarkError('TM_POINT_SYNTAX', { reason: `${family.metric}: ${reason}` }))
    return true
  }

  #add({ timeMs, isStale, isGauge, histogram, bounds }: NativeHistogram, family: SeriesFamily, sink: PointSink): void {
    if (isStale) {
      if (!isGauge) for (const handle of staleHandles(family, sink)) sink.addStale(handle, timeMs)
    } else if (bounds !== undefined) {
      const bucketCounts = new Array<number>(bounds.length + 1).fill(0)
      histogram.positive.indexes.forEach((bucket, i) => {
        bucketCounts[bucket] = histogram.positive.counts[i]
      })
      const { count, sum } = histogram
      addClassic(
        sink,
        family,
        isGauge ? Kind.EventCounter : Kind.Sample,
        { timeMs, count, sum, bounds, bucketCounts },
        openMetricsText,
      )
    } else if (isGauge) addObservations(sink, family, timeMs, histogram)
    else addCumulative(sink, family, this.#states, histogram, 0, timeMs)
  }

  #forget(epoch: number): void {
    this.#epoch = epoch
    this.#handles.clear()
    this.#familyIndexes.clear()
    this.#families = []
  }
}

/** The end of the run of fields with this tag that begins at `at`; fields of 128 bytes and more do not belong to it. */
function endOfRun(bytes: Uint8Array, at: number, end: number, tag: number): number {
  while (at + 1 < end && bytes[at] === tag && bytes[at + 1] < 0x80) at += 2 + bytes[at + 1]
  return at
}

/** Bytes of a Sample's value and of the tag before it. */
const VALUE_BYTES = 9

/** Adds the Sample that the reader has entered: nearly always a value, then a time, and nothing else. */
function addSample(reader: ProtobufReader, sink: PointSink, handle: number): void {
  const { bytes, at, end } = reader
  if (end - at > VALUE_BYTES + 1 && bytes[at] === Sample.value && bytes[at + VALUE_BYTES] === Sample.timestamp) {
    reader.at = at + 1
    const value = reader.double()
    const isStale = Number.isNaN(value) && reader.doubleHadBits(STALE_HIGH, STALE_LOW)
    reader.at++
    const timeMs = reader.int64()
    if (reader.at === end) {
      put(sink, handle, timeMs, value, isStale)
      return
    }
    reader.at = at
  }
  addAnySample(reader, sink, handle)
}

/** A Sample of any form. A value or time of zero is not on the wire. */
function addAnySample(reader: ProtobufReader, sink: PointSink, handle: number): void {
  let value = 0
  let timeMs = 0
  let isStale = false
  while (reader.next()) {
    if (reader.tag === Sample.value) {
      value = reader.double()
      isStale = Number.isNaN(value) && reader.doubleHadBits(STALE_HIGH, STALE_LOW)
    } else if (reader.tag === Sample.timestamp) timeMs = reader.int64()
    else reader.skip()
  }
  put(sink, handle, timeMs, value, isStale)
}

function put(sink: PointSink, handle: number, timeMs: number, value: number, isStale: boolean): void {
  if (handle === -1) return
  if (isStale) sink.addStale(handle, timeMs)
  else sink.add(handle, timeMs, value, 1)
}

/** The readings that a stale histogram ends: those known, or at least its count. */
function staleHandles(family: SeriesFamily, sink: PointSink): number[] {
  const count = family.suffixed(sink, Kind.Sample, '_count')
  return count === -1 ? [] : [...new Set([count, ...family.known()])]
}

function faultOf({ isStale, fault, histogram, bounds }: NativeHistogram): string | undefined {
  if (isStale) return undefined
  if (fault !== undefined) return fault
  if (bounds === undefined) return histogramFault(histogram)
  const { indexes } = histogram.positive
  const isWithin = indexes.length === 0 || (indexes[0] >= 0 && indexes[indexes.length - 1] <= bounds.length)
  if (!isWithin) return 'a custom bucket has no bound'
  return bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]) ? undefined : 'the custom bounds do not ascend'
}
