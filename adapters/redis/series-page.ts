import { Series } from '../../schemas/series/series.js'
import { CHUNK_ROWS } from '../../schemas/windows/chunk-columns.js'

/** Series on one page: as many as a chunk has rows. */
export const PAGE_SERIES = CHUNK_ROWS

/** The pages that hold a metric's series, each full but for the last. */
export interface MetricPages {
  series: number
  pages: number[]
}

const HEADER_BYTES = 4
const ENTRY_BYTES = 12

/** Series as bytes, little-endian: how many (4), then id (8) and end of the canonical form (4) of each, then those forms. */
export function encodePage(series: readonly Series[]): Buffer {
  const textAt = HEADER_BYTES + ENTRY_BYTES * series.length
  const bytes = Buffer.allocUnsafe(series.reduce((total, { canonical }) => total + canonical.length, textAt))
  bytes.writeUInt32LE(series.length, 0)
  let end = 0
  for (const [i, { idLow, idHigh, canonical }] of series.entries()) {
    bytes.set(canonical, textAt + end)
    end += canonical.length
    const at = HEADER_BYTES + ENTRY_BYTES * i
    bytes.writeUInt32LE(idLow, at)
    bytes.writeUInt32LE(idHigh, at + 4)
    bytes.writeUInt32LE(end, at + 8)
  }
  return bytes
}

/** What {@link encodePage} wrote. */
export function decodePage(bytes: Buffer): Series[] {
  const length = bytes.readUInt32LE(0)
  // One copy that the series share: what Redis sent lies in a larger buffer.
  const text = new Uint8Array(bytes.subarray(HEADER_BYTES + ENTRY_BYTES * length))
  let start = 0
  return Array.from({ length }, (_, i) => {
    const at = HEADER_BYTES + ENTRY_BYTES * i
    const end = bytes.readUInt32LE(at + 8)
    const series = Series.known(text.subarray(start, end), bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4))
    start = end
    return series
  })
}

/** The number of series and the pages as 32-bit words, little-endian. */
export function encodeMetric({ series, pages }: MetricPages): Buffer {
  const bytes = Buffer.allocUnsafe(4 + 4 * pages.length)
  bytes.writeUInt32LE(series, 0)
  for (const [i, page] of pages.entries()) bytes.writeUInt32LE(page, 4 + 4 * i)
  return bytes
}

/** What {@link encodeMetric} wrote. */
export function decodeMetric(bytes: Buffer): MetricPages {
  const pages = Array.from({ length: bytes.length / 4 - 1 }, (_, i) => bytes.readUInt32LE(4 + 4 * i))
  return { series: bytes.readUInt32LE(0), pages }
}
