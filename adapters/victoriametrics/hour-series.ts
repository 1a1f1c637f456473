import type { Encoder } from '@toondepauw/node-zstd'
import { IdTable } from '../../schemas/series/id-table.js'
import type { Series } from '../../schemas/series/series.js'
import { widened } from '../../schemas/widened.js'
import { encodeChunk } from '../../schemas/windows/chunk.js'
import { CHUNK_ROWS } from '../../schemas/windows/chunk-columns.js'
import type { WindowBatch } from '../../schemas/windows/columns.js'
import { packSeries, packWindows } from './frame-content.js'
import { LANES, laneOf, metricBytes } from './layout.js'

/** What a batch comes to in a lane: contents of frames. */
export interface LaneContent {
  lane: number
  rows: number
  windows: Uint8Array
  /** Series that the lane's windows name for the first time. */
  series?: Uint8Array
}

/** Numbers the series of one partition's windows within an hour, lane by lane in order of first sight, and packs batches. */
export class HourSeries {
  readonly #ids = new IdTable()
  /** By place in the table: the series' lane, and its number there. */
  #lane = new Uint8Array(1024)
  #number = new Uint32Array(1024)
  readonly #sizes = new Uint32Array(LANES)
  readonly #zstd: Encoder

  constructor(zstd: Encoder) {
    this.#zstd = zstd
  }

  /** The contents of every lane, of empty ones too: a frame takes the place of an earlier book's. */
  pack(batch: WindowBatch): LaneContent[] {
    const firstNew = this.#sizes.slice()
    const added: Series[][] = Array.from({ length: LANES }, () => [])
    const places = this.#place(batch, added)
    const rowOf = this.#rowsByNumber(places)
    return rowOf.map((rows, lane) => {
      const { chunks, count, below } = encodeLane(batch, rows)
      return {
        lane,
        rows: count,
        windows: this.#compress(packWindows(chunks, below)),
        series: added[lane].length > 0 ? this.#compress(packSeries(added[lane], firstNew[lane])) : undefined,
      }
    })
  }

  /** Finds or adds each row's series. @returns their places in the table */
  #place({ windows }: WindowBatch, added: Series[][]): Uint32Array {
    const places = new Uint32Array(windows.length)
    let place = -1
    for (let row = 0; row < windows.length; row++) {
      const series = windows.series[row]
      const size = this.#ids.size
      place = this.#ids.add(series.idLow, series.idHigh, place + 1)
      places[row] = place
      if (place < size) continue
      if (size === this.#lane.length) this.#grow()
      const lane = laneOf(metricBytes(series))
      this.#lane[place] = lane
      this.#number[place] = this.#sizes[lane]++
      added[lane].push(series)
    }
    return places
  }

  /** For each lane its rows by the number of their series, -1 for series without one. */
  #rowsByNumber(places: Uint32Array): Int32Array[] {
    const rowOf = Array.from(this.#sizes, (size) => new Int32Array(size).fill(-1))
    for (let row = 0; row < places.length; row++) rowOf[this.#lane[places[row]]][this.#number[places[row]]] = row
    return rowOf
  }

  #compress(content: Uint8Array): Uint8Array {
    return this.#zstd.encodeSync(Buffer.from(content.buffer, content.byteOffset, content.length))
  }

  #grow(): void {
    this.#lane = widened(this.#lane, this.#lane.length * 2)
    this.#number = widened(this.#number, this.#number.length * 2)
  }
}

/** The lane's windows in order of their series' numbers, and what is above all of these. */
function encodeLane(batch: WindowBatch, rowOf: Int32Array) {
  const rows = new Uint32Array(rowOf.length)
  const numbers = new Uint32Array(rowOf.length)
  let count = 0
  for (let number = 0; number < rowOf.length; number++) {
    if (rowOf[number] === -1) continue
    rows[count] = rowOf[number]
    numbers[count++] = number
  }
  const below = count === 0 ? 0 : numbers[count - 1] + 1
  const chunks: Uint8Array[] = []
  for (let from = 0; from < count; from += CHUNK_ROWS) {
    const to = Math.min(count, from + CHUNK_ROWS)
    chunks.push(encodeChunk(batch, rows.subarray(from, to), numbers.subarray(from, to)))
  }
  return { chunks, count, below }
}
