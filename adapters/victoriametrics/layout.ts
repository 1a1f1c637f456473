import { crc32 } from 'node:zlib'
import type { Series } from '../../schemas/series/series.js'
import { WINDOW_MS } from '../../schemas/time.js'

/**
 * How windows lie in VictoriaMetrics, which keeps numbers and rounds them: a batch is packed into bytes, and the bytes are
 * kept as whole numbers below 2^48, which it gives back as they were.
 *
 * A batch of windows is cut into {@link LANES} by metric; what a lane holds of it is a *frame*: a header, then content
 * compressed by zstd. Frames lie in the series {@link WINDOWS_METRIC}, six bytes a sample, the first at the start of the
 * windows and each next one a *step* later. What does not fit into the ten seconds goes on in the next *strip*.
 *
 * | label | what |
 * |---|---|
 * | tidemark | victoriametrics.name, absent if empty |
 * | partition, lane, strip | whole numbers |
 * | book | which run of a partition's writer wrote it; of frames for the same windows that of the latest book counts |
 * | step | ms from sample to sample, absent if 1 |
 *
 * Windows name their series by number. The numbers begin anew in each lane, book and hour of windows; which series they
 * mean stands in frames of {@link SERIES_METRIC} at the windows that first used them.
 */
export const WINDOWS_METRIC = 'tidemark_windows'
export const SERIES_METRIC = 'tidemark_series'
export const LANES = 16
/** Series are numbered anew for each stretch of this length, ms. */
export const NUMBERING_MS = 3_600_000

/** Bytes that a sample carries: numbers that need fewer than 53 bits are exact. */
export const SAMPLE_BYTES = 6
const HEADER_BYTES = 2 * SAMPLE_BYTES
const FORMAT = 1

/** Where frames of one kind lie: everything that stands in their labels but the strip. */
export interface FramePlace {
  partition: number
  lane: number
  book: string
  stepMs: number
}

/** How many samples of a frame fit into one strip. */
export function samplesPerStrip(stepMs: number): number {
  return Math.floor(WINDOW_MS / stepMs)
}

/** The lane of all series of a metric. */
export function laneOf(metric: Uint8Array): number {
  return crc32(metric) % LANES
}

/** The bytes of a series' metric name. */
export function metricBytes({ canonical }: Series): Uint8Array {
  const end = canonical.indexOf(0, 1)
  return canonical.subarray(1, end === -1 ? canonical.length : end)
}

/** Content behind its header: length (4 bytes), format (1), CRC-32 of the content (4, from byte 6 on). */
export function frameOf(content: Uint8Array): Uint8Array {
  const samples = Math.ceil((HEADER_BYTES + content.length) / SAMPLE_BYTES)
  const frame = new Uint8Array(samples * SAMPLE_BYTES)
  frame.set(content, HEADER_BYTES)
  const header = new DataView(frame.buffer)
  header.setUint32(0, content.length, true)
  header.setUint8(4, FORMAT)
  header.setUint32(6, crc32(content), true)
  return frame
}

/** What {@link frameOf} was given; undefined unless all of it is there. @param frame may be longer */
export function contentOf(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length < HEADER_BYTES) return undefined
  const header = new DataView(frame.buffer, frame.byteOffset)
  const length = header.getUint32(0, true)
  if (header.getUint8(4) !== FORMAT || HEADER_BYTES + length > frame.length) return undefined
  const content = frame.subarray(HEADER_BYTES, HEADER_BYTES + length)
  return crc32(content) === header.getUint32(6, true) ? content : undefined
}

/** Puts a book before those that it takes the place of: a larger number first, then any order that is always the same. */
export function compareBooks(a: string, b: string): number {
  return bookNumber(b) - bookNumber(a) || (a < b ? 1 : a > b ? -1 : 0)
}

/** The name of a book that comes after all that are known. @param nonce keeps it apart from one of another process */
export function nextBook(known: readonly string[], nowMs: number, nonce: number): string {
  return `${Math.max(nowMs, ...known.map((book) => bookNumber(book) + 1))}-${nonce.toString(36)}`
}

/** A book is called `number-nonce`; anything else is older than every book. */
function bookNumber(book: string): number {
  const number = Number(book.slice(0, book.indexOf('-')))
  return Number.isSafeInteger(number) ? number : 0
}
