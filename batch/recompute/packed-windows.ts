import { BIGINT, DOUBLE, INTEGER, TIMESTAMPTZ } from '@duckdb/node-api'
import { WINDOW_COLUMNS, type WindowColumn, type WindowColumns } from '../../schemas/windows/columns.js'
import type { MemoryChunk, MemoryRows } from '../duck/memory-rows.js'
import { CHUNK_ROWS, fill, Nulls, type Vector } from '../duck/vectors.js'
import { shardOf } from './file-sql.js'
import { PackedSketches, SKETCH_TYPE, type SketchScratch } from './packed-sketches.js'

const FILE_NAMES: Readonly<Record<WindowColumn, string>> = {
  count: 'count',
  sum: 'sum',
  min: 'min',
  max: 'max',
  first: 'first',
  firstMs: 'first_ts',
  last: 'last',
  lastMs: 'last_ts',
  increase: 'increase',
}
const IS_TIME: Partial<Record<WindowColumn, true>> = { firstMs: true, lastMs: true }

/** The columns of a tier's file, in the order of `WINDOW_TABLE_SQL`. */
export const FILE_COLUMNS: MemoryRows['columns'] = [
  { name: 'series_id', type: BIGINT },
  { name: 'start', type: TIMESTAMPTZ },
  ...WINDOW_COLUMNS.map((name) => ({ name: FILE_NAMES[name], type: IS_TIME[name] ? TIMESTAMPTZ : DOUBLE })),
  { name: 'sketch', type: SKETCH_TYPE },
  { name: 'shard', type: INTEGER },
  { name: 'stale', type: INTEGER },
]

/** Windows in the columns of a tier's file, to be written into a chunk at once. Most of their memory is their buckets. */
export class PackedWindows implements MemoryChunk {
  rows = 0
  readonly #id = new Uint32Array(CHUNK_ROWS * 2)
  readonly #start = new Uint32Array(CHUNK_ROWS * 2)
  readonly #numbers = WINDOW_COLUMNS.map((name) =>
    IS_TIME[name] ? new Uint32Array(CHUNK_ROWS * 2) : new Float64Array(CHUNK_ROWS),
  )
  /** Windows without a finite value have neither smallest nor largest. */
  readonly #empty = new Nulls()
  readonly #flags = new Int32Array(CHUNK_ROWS)
  readonly #shard = new Int32Array(CHUNK_ROWS)
  readonly #sketches: PackedSketches

  constructor(scratch: SketchScratch) {
    this.#sketches = new PackedSketches(scratch)
  }

  /** Memory that it takes. */
  get bytes(): number {
    return CHUNK_ROWS * 8 * (this.#numbers.length + 3) + this.#sketches.bytes
  }

  /** Adds windows from..to-1, for which there must be room. @param idLow unsigned halves of their series' id */
  add(idLow: number, idHigh: number, windows: WindowColumns, from: number, to: number): void {
    const rows = this.rows
    const shard = shardOf(idLow)
    for (let row = rows, i = from; i < to; row++, i++) {
      this.#id[2 * row] = idLow
      this.#id[2 * row + 1] = idHigh
      this.#flags[row] = windows.stale[i]
      this.#shard[row] = shard
      if (Number.isNaN(windows.min[i])) this.#empty.set(row)
      this.#sketches.put(row, windows.sketch[i])
    }
    putMicros(this.#start, rows, windows.start, from, to)
    for (let c = 0; c < WINDOW_COLUMNS.length; c++) {
      const target = this.#numbers[c]
      const source = windows[WINDOW_COLUMNS[c]]
      if (target instanceof Float64Array) putDoubles(target, rows, source, from, to)
      else putMicros(target, rows, source, from, to)
    }
    this.rows += to - from
  }

  /** To be called once no window is added any more, before the next chunk is begun on the same scratch. */
  seal(): void {
    this.#sketches.seal()
  }

  write([id, start, ...rest]: readonly Vector[]): void {
    const { rows } = this
    fill(id, this.#id, rows * 8)
    fill(start, this.#start, rows * 8)
    for (let c = 0; c < WINDOW_COLUMNS.length; c++) {
      fill(rest[c], this.#numbers[c], rows * 8)
      if (WINDOW_COLUMNS[c] === 'min' || WINDOW_COLUMNS[c] === 'max') this.#empty.write(rest[c])
    }
    const [sketch, shard, flags] = rest.slice(WINDOW_COLUMNS.length)
    this.#sketches.write(sketch, rows)
    fill(shard, this.#shard, rows * 4)
    fill(flags, this.#flags, rows * 4)
  }
}

function putDoubles(target: Float64Array, at: number, source: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) target[at++] = source[i]
}

/** Puts times in ms as the two words of their µs. */
function putMicros(words: Uint32Array, row: number, timeMs: Float64Array, from: number, to: number): void {
  for (let at = 2 * row, i = from; i < to; at += 2, i++) {
    const micros = timeMs[i] * 1000
    const high = Math.floor(micros / 2 ** 32)
    words[at] = micros - high * 2 ** 32
    words[at + 1] = high
  }
}
