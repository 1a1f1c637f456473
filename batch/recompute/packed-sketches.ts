import { DOUBLE, INTEGER, LIST, STRUCT } from '@duckdb/node-api'
import type { BucketRun, Sketch } from '../../schemas/sketch/sketch.js'
import { widened } from '../../schemas/widened.js'
import { CHUNK_ROWS, fieldsOf, fill, Nulls, type Vector, writeLists } from '../duck/vectors.js'

/** A sketch in a tier's file. */
export const SKETCH_TYPE = STRUCT({
  scale: INTEGER,
  zero_count: DOUBLE,
  zero_threshold: DOUBLE,
  pos_index: LIST(INTEGER),
  pos: LIST(DOUBLE),
  neg_index: LIST(INTEGER),
  neg: LIST(DOUBLE),
})

/** What most columns of sketches are full of. */
const ZEROS = new Uint8Array(CHUNK_ROWS * 16)

/** Sketches as the struct at rest: of each side the buckets that are not empty. */
export class PackedSketches {
  /** None before the first window with a sketch: where every point is a window there is none at all. */
  #scale: Int32Array<ArrayBuffer> | undefined
  #zeroCount: Float64Array<ArrayBuffer> | undefined
  readonly #positive: PackedRuns
  readonly #negative: PackedRuns
  /** Windows that store none. */
  readonly #none = new Nulls()

  constructor({ positive, negative }: SketchScratch) {
    this.#positive = new PackedRuns(positive)
    this.#negative = new PackedRuns(negative)
  }

  get bytes(): number {
    return (this.#scale ? CHUNK_ROWS * 12 : 0) + this.#positive.bytes + this.#negative.bytes
  }

  put(row: number, sketch: Sketch | undefined): void {
    if (!sketch) {
      this.#none.set(row)
      return
    }
    this.#scale ??= new Int32Array(CHUNK_ROWS)
    this.#zeroCount ??= new Float64Array(CHUNK_ROWS)
    this.#scale[row] = sketch.schema
    this.#zeroCount[row] = sketch.zeroCount
    this.#positive.put(row, sketch.positive)
    this.#negative.put(row, sketch.negative)
  }

  seal(): void {
    this.#positive.seal()
    this.#negative.seal()
  }

  write(vector: Vector, rows: number): void {
    const fields = fieldsOf(vector, 7)
    fill(fields[0], this.#scale ?? ZEROS, rows * 4)
    fill(fields[1], this.#zeroCount ?? ZEROS, rows * 8)
    fill(fields[2], ZEROS, rows * 8)
    this.#positive.write(fields[3], fields[4], rows)
    this.#negative.write(fields[5], fields[6], rows)
    for (const field of [vector, ...fields]) this.#none.write(field)
  }
}

/** Room in which the buckets of a chunk are gathered, whose number is not known before. */
export class SketchScratch {
  readonly positive = new RunScratch()
  readonly negative = new RunScratch()
}

class RunScratch {
  index: Int32Array<ArrayBuffer> = new Int32Array(0)
  count: Float64Array<ArrayBuffer> = new Float64Array(0)

  /** Makes room for so many buckets. */
  reserve(buckets: number): void {
    if (buckets <= this.index.length) return
    const room = Math.max(1024, this.index.length * 2, buckets)
    this.index = widened(this.index, room)
    this.count = widened(this.count, room)
  }
}

/** One side's buckets: of each row a list of indexes and a list of counts, both behind each other. */
class PackedRuns {
  readonly #scratch: RunScratch
  #length = 0
  #index: Int32Array<ArrayBuffer> = new Int32Array(0)
  #count: Float64Array<ArrayBuffer> = new Float64Array(0)
  /** DuckDB's entries: of row i the first item at 4i, the number of items at 4i + 2. */
  #entries: Uint32Array<ArrayBuffer> | undefined

  constructor(scratch: RunScratch) {
    this.#scratch = scratch
  }

  get bytes(): number {
    return this.#index.byteLength + this.#count.byteLength + (this.#entries?.byteLength ?? 0)
  }

  put(row: number, { counts, offset, length }: BucketRun): void {
    if (length === 0) return
    this.#scratch.reserve(this.#length + length)
    const { index, count } = this.#scratch
    let at = this.#length
    for (let i = 0; i < length; i++) {
      if (counts[i] === 0) continue
      index[at] = offset + i
      count[at++] = counts[i]
    }
    this.#entries ??= new Uint32Array(CHUNK_ROWS * 4)
    this.#entries[4 * row] = this.#length
    this.#entries[4 * row + 2] = at - this.#length
    this.#length = at
  }

  seal(): void {
    this.#index = this.#scratch.index.slice(0, this.#length)
    this.#count = this.#scratch.count.slice(0, this.#length)
  }

  write(index: Vector, count: Vector, rows: number): void {
    const entries = this.#entries ?? ZEROS
    writeLists(index, this.#index, this.#length, entries, rows)
    writeLists(count, this.#count, this.#length, entries, rows)
  }
}
