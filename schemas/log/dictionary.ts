import type { Series } from '../series/series.js'
import { alignUp } from '../time.js'

/**
 * The series of a record, as bytes that lie in it: ids (8 a series), the end of each one's canonical bytes (4), kinds (1),
 * and these bytes, each column at a multiple of 8.
 */
export interface Dictionary {
  series: readonly Series[]
  bytes: Uint8Array
  /** Of the canonical bytes. */
  textBytes: number
}

/** Encodes the dictionary of a record. */
export function encodeDictionary(series: readonly Series[]): Dictionary {
  const textBytes = series.reduce((bytes, { canonical }) => bytes + canonical.length, 0)
  const layout = layOutDictionary(series.length, textBytes)
  const bytes = new Uint8Array(layout.total)
  const ids = new Uint32Array(bytes.buffer, layout.ids, series.length * 2)
  const ends = new Uint32Array(bytes.buffer, layout.ends, series.length)
  let end = 0
  for (let i = 0; i < series.length; i++) {
    const { idLow, idHigh, canonical } = series[i]
    ids[2 * i] = idLow
    ids[2 * i + 1] = idHigh
    bytes[layout.kinds + i] = canonical[0]
    bytes.set(canonical, layout.text + end)
    end += canonical.length
    ends[i] = end
  }
  return { series, bytes, textBytes }
}

/** Where the columns of a dictionary begin, counted from its start, and its length. */
export function layOutDictionary(seriesCount: number, textBytes: number) {
  const ids = 0
  const ends = ids + seriesCount * 8
  const kinds = alignUp(ends + seriesCount * 4, 8)
  const text = alignUp(kinds + seriesCount, 8)
  return { ids, ends, kinds, text, total: alignUp(text + textBytes, 8) }
}
