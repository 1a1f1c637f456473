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
 * | book | which run of a partition's writer wrote it |
 * | step | ms from sample to sample, absent if 1 |
 *
 * Samples are never written over: VictoriaMetrics would keep the larger of two, or both. What replaces windows is written
 * into another book, and of the frames for the same windows the one with the latest *stamp* counts: when it was written.
 * So every batch has a frame in every lane.
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
const HEADER_BYTES = 3 * SAMPLE_BYTES
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

/** What a frame holds. */
export interface Framed {
  content: Uint8Array
  /** When it was written, ms. */
  stampMs: number
}

/** Content behind its header: length (4 bytes), format (2), CRC-32 of all that follows (4, then 2 unused), stamp (6). */
export function frameOf({ content, stampMs }: Framed): Uint8Array {
  const samples = Math.ceil((HEADER_BYTES + content.length) / SAMPLE_BYTES)
  const frame = Buffer.alloc(samples * SAMPLE_BYTES)
  frame.set(content, HEADER_BYTES)
  frame.writeUInt32LE(content.length, 0)
  frame.writeUInt16LE(FORMAT, 4)
  frame.writeUIntLE(stampMs, 12, 6)
  frame.writeUInt32LE(crc32(frame.subarray(12, HEADER_BYTES + content.length)), 6)
  return frame
}

/** What {@link frameOf} was given; undefined unless all of it is there. @param bytes may be longer */
export function readFrame(bytes: Uint8Array): Framed | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = HEADER_BYTES + frame.readUInt32LE(0)
  if (frame.readUInt16LE(4) !== FORMAT || end > frame.length) return undefined
  if (crc32(frame.subarray(12, end)) !== frame.readUInt32LE(6)) return undefined
  return { content: frame.subarray(HEADER_BYTES, end), stampMs: frame.readUIntLE(12, 6) }
}
