import { encodeChunk } from '../../schemas/windows/chunk.js'
import { CHUNK_ROWS } from '../../schemas/windows/chunk-columns.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import type { NumberedSeries } from './numbered-series.js'

/**
 * How a batch lies in the hot store: its windows sorted by metric and series and cut into chunks, and a directory that
 * says which metrics each chunk holds. A reader of one metric opens only the chunks that may hold it.
 */
export interface HotBatch {
  /** First and last metric number of chunk i at 2i and 2i+1. */
  directory: Uint32Array
  chunks: Uint8Array[]
}

/** A chunk this full ends at the next metric, so that most metrics lie in chunks of their own or with few others. */
const WELL_FILLED = CHUNK_ROWS / 2

/** More than there are series: a sort key is the metric's number times this, plus the series' number. */
const NUMBERS = 2 ** 31

/** Sorts, cuts and encodes a batch. Adds series that are new to `series`. */
export function layOutBatch(batch: WindowBatch, series: NumberedSeries): HotBatch {
  const { windows } = batch
  const sortKeys = new Float64Array(windows.length)
  for (let row = 0; row < windows.length; row++) {
    const number = series.add(windows.series[row])
    series.seen(number, batch.startMs)
    sortKeys[row] = series.metricOf(number) * NUMBERS + number
  }
  const numbers = Uint32Array.from(sortKeys, (key) => key % NUMBERS)
  const rowOf = new Uint32Array(series.size)
  for (let row = 0; row < numbers.length; row++) rowOf[numbers[row]] = row
  sortKeys.sort()
  const rows = new Uint32Array(windows.length)
  for (let i = 0; i < sortKeys.length; i++) {
    numbers[i] = sortKeys[i] % NUMBERS
    rows[i] = rowOf[numbers[i]]
  }
  const chunks: Uint8Array[] = []
  const directory: number[] = []
  for (let from = 0; from < rows.length; ) {
    const to = chunkEnd(numbers, from, series)
    chunks.push(encodeChunk(batch, rows.subarray(from, to), numbers.subarray(from, to)))
    directory.push(series.metricOf(numbers[from]), series.metricOf(numbers[to - 1]))
    from = to
  }
  return { directory: Uint32Array.from(directory), chunks }
}

function chunkEnd(numbers: Uint32Array, from: number, series: NumberedSeries): number {
  const most = Math.min(numbers.length, from + CHUNK_ROWS)
  for (let to = from + WELL_FILLED; to < most; to++) {
    if (series.metricOf(numbers[to]) !== series.metricOf(numbers[to - 1])) return to
  }
  return most
}

/** Numbers of the chunks that may hold one of the metrics (ascending). */
export function chunksOf(directory: Uint32Array, metrics: Uint32Array): number[] {
  const chunks: number[] = []
  let m = 0
  for (let chunk = 0; chunk < directory.length / 2; chunk++) {
    while (m < metrics.length && metrics[m] < directory[2 * chunk]) m++
    if (m === metrics.length) break
    if (metrics[m] <= directory[2 * chunk + 1]) chunks.push(chunk)
  }
  return chunks
}

/** The directory as bytes, and back. */
export function directoryBytes(directory: Uint32Array): Buffer {
  return Buffer.from(directory.buffer, directory.byteOffset, directory.byteLength)
}

export function readDirectory(bytes: Buffer): Uint32Array {
  const directory = new Uint32Array(bytes.length / 4)
  for (let i = 0; i < directory.length; i++) directory[i] = bytes.readUInt32LE(4 * i)
  return directory
}

const LATEST_MS = 2 ** 48 - 1

/** Key of a directory: start (6 bytes), partition (4), big-endian; of a chunk with its number (4) behind. */
export function batchKey(startMs: number, partition = 0, chunk?: number): Buffer {
  const key = Buffer.allocUnsafe(chunk === undefined ? 10 : 14)
  key.writeUIntBE(Math.min(Math.max(Math.ceil(startMs), 0), LATEST_MS), 0, 6)
  key.writeUInt32BE(partition, 6)
  if (chunk !== undefined) key.writeUInt32BE(chunk, 10)
  return key
}

/** Start and partition in a key. */
export function readBatchKey(key: Buffer): { startMs: number; partition: number } {
  return { startMs: key.readUIntBE(0, 6), partition: key.readUInt32BE(6) }
}
