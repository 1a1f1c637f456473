import { Series } from '../schemas/series/series.js'
import type { SeriesPoints } from './collector.js'

/**
 * Points of many series as bytes for the cache: count, then for each series its id, the lengths, the canonical form
 * and the columns, one after the other. Little-endian.
 */
export function encodePoints(all: readonly SeriesPoints[]): Uint8Array {
  const bytes = all.reduce((total, { series, timeMs }) => total + 16 + series.canonical.length + timeMs.length * 17, 4)
  const out = Buffer.alloc(bytes)
  let at = out.writeUInt32LE(all.length, 0)
  for (const { series, timeMs, value, stale } of all) {
    for (const word of [series.idLow, series.idHigh, series.canonical.length, timeMs.length])
      at = out.writeUInt32LE(word, at)
    for (const column of [series.canonical, timeMs, value, stale]) {
      out.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
      at += column.byteLength
    }
  }
  return out
}

/** What {@link encodePoints} wrote. */
export function decodePoints(bytes: Uint8Array): SeriesPoints[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 4
  const word = () => {
    at += 4
    return view.getUint32(at - 4, true)
  }
  /** A copy, so that the columns are aligned and the cache's bytes are nobody else's. */
  const take = (length: number) => {
    at += length
    return bytes.slice(at - length, at)
  }
  return Array.from({ length: view.getUint32(0, true) }, () => {
    const [idLow, idHigh, canonicalBytes, length] = [word(), word(), word(), word()]
    const series = Series.known(new Uint8Array(take(canonicalBytes)), idLow, idHigh)
    const timeMs = new Float64Array(Uint8Array.from(take(length * 8)).buffer)
    const value = new Float64Array(Uint8Array.from(take(length * 8)).buffer)
    return { series, timeMs, value, stale: Uint8Array.from(take(length)) }
  })
}
