import { Series } from '../../schemas/series/series.js'
import { alignUp } from '../../schemas/time.js'

/** Bytes before the first chunk, and before each one: a length or number (4 bytes), and 4 so that chunks start at a multiple of 8. */
const HEAD = 8

/** Chunks of windows, and the number below which the lane's series must be known to read them. */
export function packWindows(chunks: readonly Uint8Array[], seriesBelow: number): Uint8Array {
  const lengths = chunks.map((chunk) => HEAD + alignUp(chunk.length, 8))
  const content = new Uint8Array(lengths.reduce((total, length) => total + length, HEAD))
  const view = new DataView(content.buffer)
  view.setUint32(0, seriesBelow, true)
  let at = HEAD
  for (let i = 0; i < chunks.length; i++) {
    view.setUint32(at, chunks[i].length, true)
    content.set(chunks[i], at + HEAD)
    at += lengths[i]
  }
  return content
}

/** What {@link packWindows} packed: views. */
export function unpackWindows(content: Uint8Array): { chunks: Uint8Array[]; seriesBelow: number } {
  const view = new DataView(content.buffer, content.byteOffset)
  const chunks: Uint8Array[] = []
  for (let at = HEAD; at < content.length; ) {
    const length = view.getUint32(at, true)
    chunks.push(content.subarray(at + HEAD, at + HEAD + length))
    at += HEAD + alignUp(length, 8)
  }
  return { chunks, seriesBelow: view.getUint32(0, true) }
}

/** Series with consecutive numbers: first number, count, then ids (8 bytes each), ends of their texts (4 each) and the texts. */
export function packSeries(series: readonly Series[], firstNumber: number): Uint8Array {
  const textAt = HEAD + 12 * series.length
  const content = new Uint8Array(series.reduce((total, { canonical }) => total + canonical.length, textAt))
  const view = new DataView(content.buffer)
  view.setUint32(0, firstNumber, true)
  view.setUint32(4, series.length, true)
  let end = 0
  series.forEach(({ idLow, idHigh, canonical }, i) => {
    view.setUint32(HEAD + 8 * i, idLow, true)
    view.setUint32(HEAD + 8 * i + 4, idHigh, true)
    content.set(canonical, textAt + end)
    end += canonical.length
    view.setUint32(HEAD + 8 * series.length + 4 * i, end, true)
  })
  return content
}

/** Calls `take` with each series that {@link packSeries} packed. */
export function unpackSeries(content: Uint8Array, take: (number: number, series: Series) => void): void {
  const view = new DataView(content.buffer, content.byteOffset)
  const first = view.getUint32(0, true)
  const count = view.getUint32(4, true)
  const textAt = HEAD + 12 * count
  let from = 0
  for (let i = 0; i < count; i++) {
    const to = view.getUint32(HEAD + 8 * count + 4 * i, true)
    const canonical = content.slice(textAt + from, textAt + to)
    take(first + i, Series.known(canonical, view.getUint32(HEAD + 8 * i, true), view.getUint32(HEAD + 8 * i + 4, true)))
    from = to
  }
}
