import { crc32 } from 'node:zlib'
import { type AlignedRoom, aligned } from '../aligned.js'
import { Kind } from '../points.js'
import { alignUp } from '../time.js'
import { type Dictionary, layOutDictionary } from './dictionary.js'

/**
 * The log record: one batch of points for one partition, columnar and self-contained, little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 0–3 | magic `TMR1` |
 * | 4–5 | version (1) |
 * | 6–7 | flags: 1 weights follow, 2 series index is 32 bits wide, 4 times are 64 bits wide |
 * | 8–11, 12–15 | series, points |
 * | 16–19, 20–23 | bytes of the dictionary's text, CRC-32 of everything else |
 * | 24–31, 32–39 | base time, time of receipt (ms, doubles) |
 * | 40– | the dictionary of its series (dictionary.ts); then points: values (8), weights (8, flag 1), times less base (4, or 8 with flag 4), series index (2, or 4 with flag 2) |
 *
 * Every column starts at a multiple of 8. A reader looks the id up first and decodes a series' canonical bytes only
 * if it has never seen it.
 */
const MAGIC = 0x31524d54
const VERSION = 1
const HEADER_BYTES = 40
const WEIGHTED = 1
const WIDE_INDEX = 2
const WIDE_TIME = 4

/** A batch of points as columns, as it goes into a record. */
export interface PointColumns {
  dictionary: Dictionary
  pointCount: number
  /** For each point the index of its series in the dictionary. */
  seriesIndex: Uint32Array
  /** ms since the epoch. */
  timeMs: Float64Array
  value: Float64Array
  /** Undefined where every weight is 1. */
  weight?: Float64Array
  /** When the gateway took the batch, ms since the epoch. Caps the watermark, so that replay gives what live gave. */
  receivedMs: number
}

/** A decoded record. Columns are views of the record's bytes where alignment allows. */
export interface LogRecord {
  receivedMs: number
  seriesCount: number
  ids: Uint32Array
  pointCount: number
  seriesIndex: Uint16Array | Uint32Array
  baseMs: number
  /** Time less `baseMs`, ms. */
  timeDelta: Int32Array | Float64Array
  value: Float64Array
  weight?: Float64Array
  /** Kind of series i. */
  kind(i: number): Kind
  /** Canonical bytes of series i: a view, to be copied if kept. */
  canonical(i: number): Uint8Array
}

/** A record that does not decode; the consumer adds topic, partition and offset. */
export class DamagedRecord extends Error {}

/** Encodes a batch. */
export function encodeRecord(batch: PointColumns): Uint8Array {
  const { series, bytes: dictionary, textBytes } = batch.dictionary
  const seriesCount = series.length
  const { pointCount } = batch
  let baseMs = pointCount > 0 ? batch.timeMs[0] : 0
  let latestMs = baseMs
  for (let i = 1; i < pointCount; i++) {
    if (batch.timeMs[i] < baseMs) baseMs = batch.timeMs[i]
    else if (batch.timeMs[i] > latestMs) latestMs = batch.timeMs[i]
  }
  const wideTime = latestMs - baseMs > 0x7fffffff
  const wideIndex = seriesCount > 0xffff
  const flags = (batch.weight ? WEIGHTED : 0) | (wideIndex ? WIDE_INDEX : 0) | (wideTime ? WIDE_TIME : 0)
  const layout = layOut(seriesCount, pointCount, textBytes, flags)
  const bytes = new Uint8Array(layout.total)
  const { buffer } = bytes

  bytes.set(dictionary, HEADER_BYTES)
  // Byte copy: a staleness marker is a NaN whose bits must survive.
  bytes.set(bytesOf(batch.value, pointCount), layout.values)
  if (batch.weight) bytes.set(bytesOf(batch.weight, pointCount), layout.weights)
  const times = wideTime
    ? new Float64Array(buffer, layout.times, pointCount)
    : new Int32Array(buffer, layout.times, pointCount)
  for (let i = 0; i < pointCount; i++) times[i] = batch.timeMs[i] - baseMs
  const indexes = wideIndex
    ? new Uint32Array(buffer, layout.index, pointCount)
    : new Uint16Array(buffer, layout.index, pointCount)
  indexes.set(batch.seriesIndex.subarray(0, pointCount))

  const header = new DataView(buffer)
  header.setUint32(0, MAGIC, true)
  header.setUint16(4, VERSION, true)
  header.setUint16(6, flags, true)
  header.setUint32(8, seriesCount, true)
  header.setUint32(12, pointCount, true)
  header.setUint32(16, textBytes, true)
  header.setFloat64(24, baseMs, true)
  header.setFloat64(32, batch.receivedMs, true)
  header.setUint32(20, checksum(bytes), true)
  return bytes
}

/**
 * Decodes a record.
 * @param room where it may be copied to; then it is valid until the next call with it
 * @throws DamagedRecord with the reason
 */
export function decodeRecord(source: Uint8Array, room?: AlignedRoom): LogRecord {
  // Columns are typed arrays, which need their alignment; lmdb and Kafka hand out bytes at any address.
  const bytes = aligned(source, room)
  if (bytes.length < HEADER_BYTES)
    throw new DamagedRecord(`it has ${bytes.length} bytes, a header alone has ${HEADER_BYTES}`)
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  if (header.getUint32(0, true) !== MAGIC) throw new DamagedRecord('it does not start with TMR1')
  const version = header.getUint16(4, true)
  if (version !== VERSION) throw new DamagedRecord(`its version is ${version}, this reader knows ${VERSION}`)
  const flags = header.getUint16(6, true)
  const seriesCount = header.getUint32(8, true)
  const pointCount = header.getUint32(12, true)
  const layout = layOut(seriesCount, pointCount, header.getUint32(16, true), flags)
  if (layout.total !== bytes.length)
    throw new DamagedRecord(`it has ${bytes.length} bytes, its header says ${layout.total}`)
  if (checksum(bytes) !== header.getUint32(20, true)) throw new DamagedRecord('its checksum does not match')

  const { buffer, byteOffset } = bytes
  const ends = new Uint32Array(buffer, byteOffset + layout.ends, seriesCount)
  const times = byteOffset + layout.times
  const index = byteOffset + layout.index
  const seriesIndex =
    flags & WIDE_INDEX ? new Uint32Array(buffer, index, pointCount) : new Uint16Array(buffer, index, pointCount)
  const timeDelta =
    flags & WIDE_TIME ? new Float64Array(buffer, times, pointCount) : new Int32Array(buffer, times, pointCount)
  const receivedMs = header.getFloat64(32, true)
  const baseMs = header.getFloat64(24, true)
  checkSeries(ends, bytes.subarray(layout.kinds, layout.kinds + seriesCount), header.getUint32(16, true))
  checkPoints(seriesIndex, seriesCount)
  if (!isTimed(baseMs, receivedMs, timeDelta)) throw new DamagedRecord('a time of it is no time')
  return {
    receivedMs,
    seriesCount,
    ids: new Uint32Array(buffer, byteOffset + layout.ids, seriesCount * 2),
    pointCount,
    seriesIndex,
    baseMs,
    timeDelta,
    value: new Float64Array(buffer, byteOffset + layout.values, pointCount),
    weight: flags & WEIGHTED ? new Float64Array(buffer, byteOffset + layout.weights, pointCount) : undefined,
    kind: (i) => bytes[layout.kinds + i] as Kind,
    canonical: (i) => bytes.subarray(layout.text + (i === 0 ? 0 : ends[i - 1]), layout.text + ends[i]),
  }
}

/** A writer that erred made the checksum right: readers must meet no series that is not there. */
function checkSeries(ends: Uint32Array, kinds: Uint8Array, textBytes: number): void {
  let end = 0
  for (let i = 0; i < ends.length; i++) {
    if (ends[i] <= end || kinds[i] > Kind.EventTimer) throw new DamagedRecord(`its series ${i} is none`)
    end = ends[i]
  }
  if (end !== textBytes) throw new DamagedRecord(`its series have ${end} bytes, its header says ${textBytes}`)
}

function checkPoints(seriesIndex: Uint16Array | Uint32Array, seriesCount: number): void {
  for (let i = 0; i < seriesIndex.length; i++) {
    if (seriesIndex[i] >= seriesCount) throw new DamagedRecord(`its point ${i} belongs to no series`)
  }
}

function isTimed(baseMs: number, receivedMs: number, timeDelta: Int32Array | Float64Array): boolean {
  if (!Number.isFinite(baseMs) || !Number.isFinite(receivedMs)) return false
  return timeDelta instanceof Int32Array || timeDelta.every(Number.isFinite)
}

function layOut(seriesCount: number, pointCount: number, textBytes: number, flags: number) {
  const { ids, ends, kinds, text, total } = layOutDictionary(seriesCount, textBytes)
  let at = HEADER_BYTES + total
  const take = (bytes: number): number => {
    const start = at
    at = alignUp(at + bytes, 8)
    return start
  }
  const values = take(pointCount * 8)
  const weights = take(flags & WEIGHTED ? pointCount * 8 : 0)
  const times = take(pointCount * (flags & WIDE_TIME ? 8 : 4))
  const index = take(pointCount * (flags & WIDE_INDEX ? 4 : 2))
  return {
    ids: HEADER_BYTES + ids,
    ends: HEADER_BYTES + ends,
    kinds: HEADER_BYTES + kinds,
    text: HEADER_BYTES + text,
    values,
    weights,
    times,
    index,
    total: at,
  }
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(24), crc32(bytes.subarray(0, 20)))
}

function bytesOf(column: Float64Array, length: number): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, length * 8)
}
