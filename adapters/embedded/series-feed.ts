import { Series } from '../../schemas/series/series.js'
import { NumberedSeries } from './numbered-series.js'

/** Most series on one page: packing them takes a few milliseconds. */
const PAGE_SERIES = 10_000
const HEADER_BYTES = 24

/** How far a copy has come: the generation of the numbering, and the series below which it has them all. */
export interface FeedPosition {
  generation: number
  known: number
}

/**
 * What a copy of numbered series in another process lacks, at most a page of it.
 *
 * | bytes | what |
 * |---|---|
 * | 0–3, 4–7 | generation, number of the first series on the page |
 * | 8–11, 12–15 | series on the page, series of the whole |
 * | 16–23 | bytes of the text, 0 |
 * | 24– | on the last page starts of the first and of the last window of every series of the whole (8 each); ids of the page's series (8), ends of their canonical bytes (4), canonical bytes |
 */
export function packSeries(series: NumberedSeries, generation: number, position: FeedPosition): Uint8Array {
  const from = position.generation === generation ? Math.min(position.known, series.size) : 0
  const to = Math.min(series.size, from + PAGE_SERIES)
  const count = to - from
  let textBytes = 0
  for (let number = from; number < to; number++) textBytes += series.at(number).canonical.length
  const layout = layOut(count, to === series.size ? series.size : 0, textBytes)
  const bytes = new Uint8Array(layout.total)
  const { buffer } = bytes
  new Uint32Array(buffer, 0, 6).set([generation, from, count, series.size, textBytes, 0])
  if (to === series.size) {
    const { firstMs, lastMs } = series.spans()
    new Float64Array(buffer, layout.firsts, series.size).set(firstMs)
    new Float64Array(buffer, layout.lasts, series.size).set(lastMs)
  }
  const ids = new Uint32Array(buffer, layout.ids, count * 2)
  const ends = new Uint32Array(buffer, layout.ends, count)
  let end = 0
  for (let i = 0; i < count; i++) {
    const { idLow, idHigh, canonical } = series.at(from + i)
    ids[2 * i] = idLow
    ids[2 * i + 1] = idHigh
    bytes.set(canonical, layout.text + end)
    end += canonical.length
    ends[i] = end
  }
  return bytes
}

/** Numbered series of another process, as of the last page that was taken over. */
export class SeriesCopy {
  #generation = 0
  #series = new NumberedSeries()

  /** What the other process is to be told. */
  get position(): FeedPosition {
    return { generation: this.#generation, known: this.#series.size }
  }

  /** Another object after each renumbering: who reads with the old numbers keeps the old one. */
  get series(): NumberedSeries {
    return this.#series
  }

  /** @returns true once nothing is missing */
  take(page: Uint8Array): boolean {
    // A copy of its own: the columns are aligned, and the series keep its text.
    const { buffer } = new Uint8Array(page)
    const [generation, from, count, size, textBytes] = new Uint32Array(buffer, 0, HEADER_BYTES / 4)
    const isLast = from + count === size
    const layout = layOut(count, isLast ? size : 0, textBytes)
    if (from === 0 || generation !== this.#generation) this.#series = new NumberedSeries()
    this.#generation = generation
    const ids = new Uint32Array(buffer, layout.ids, count * 2)
    const ends = new Uint32Array(buffer, layout.ends, count)
    for (let i = 0; i < count; i++) {
      const start = i === 0 ? 0 : ends[i - 1]
      const canonical = new Uint8Array(buffer, layout.text + start, ends[i] - start)
      this.#series.add(Series.known(canonical, ids[2 * i], ids[2 * i + 1]))
    }
    if (!isLast) return false
    this.#series.setSpans(new Float64Array(buffer, layout.firsts, size), new Float64Array(buffer, layout.lasts, size))
    return true
  }
}

function layOut(count: number, spans: number, textBytes: number) {
  const firsts = HEADER_BYTES
  const lasts = firsts + spans * 8
  const ids = lasts + spans * 8
  const ends = ids + count * 8
  const text = ends + count * 4
  return { firsts, lasts, ids, ends, text, total: text + textBytes }
}
