import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  INTEGER,
  LIST,
  STRUCT,
  TIMESTAMPTZ,
} from '@duckdb/node-api'
import type { BucketRun, Sketch } from '../../schemas/sketch/sketch.js'
import { widened } from '../../schemas/widened.js'
import { WINDOW_COLUMNS, type WindowColumn, type WindowColumns } from '../../schemas/windows/columns.js'
import { appendChunk, CHUNK_ROWS, fieldsOf, fill, ListBuffer, Nulls, type Vector } from '../duck/vectors.js'
import { copyWindowsSql, shardOf, WINDOW_TABLE_SQL } from './file-sql.js'

const SKETCH = STRUCT({
  scale: INTEGER,
  zero_count: DOUBLE,
  zero_threshold: DOUBLE,
  pos_index: LIST(INTEGER),
  pos: LIST(DOUBLE),
  neg_index: LIST(INTEGER),
  neg: LIST(DOUBLE),
})

const IS_TIME: Partial<Record<WindowColumn, true>> = { firstMs: true, lastMs: true }
const TYPES = [
  BIGINT,
  TIMESTAMPTZ,
  ...WINDOW_COLUMNS.map((name) => (IS_TIME[name] ? TIMESTAMPTZ : DOUBLE)),
  SKETCH,
  INTEGER,
  INTEGER,
]

/** Chunks after which rows move into the table, which holds the event loop up: some tens of milliseconds a time. */
const FLUSH_CHUNKS = 3

/** Runs a job on empty tables, which are gone afterwards. */
export async function withWindowTables<T>(
  connection: DuckDBConnection,
  names: readonly string[],
  job: (tables: WindowTable[]) => Promise<T>,
): Promise<T> {
  const tables: WindowTable[] = []
  try {
    for (const name of names) tables.push(await WindowTable.create(connection, name))
    return await job(tables)
  } finally {
    for (const table of tables) await table.drop()
  }
}

/** Windows on their way into a tier's file: a table with the file's columns, filled chunk by chunk. */
export class WindowTable {
  /** Windows appended. */
  length = 0
  readonly #connection: DuckDBConnection
  readonly #name: string
  readonly #appender: DuckDBAppender
  #rows = 0
  #chunks = 0
  /** The last series' id, signed high word and low word, and whether all came in order of ids. */
  #high = -(2 ** 31)
  #low = 0
  #isSorted = true
  readonly #id = new Uint32Array(CHUNK_ROWS * 2)
  readonly #start = new Uint32Array(CHUNK_ROWS * 2)
  readonly #numbers = WINDOW_COLUMNS.map((name) =>
    IS_TIME[name] ? new Uint32Array(CHUNK_ROWS * 2) : new Float64Array(CHUNK_ROWS),
  )
  /** Windows without a finite value have neither smallest nor largest. */
  readonly #empty = new Nulls()
  readonly #flags = new Int32Array(CHUNK_ROWS)
  readonly #shard = new Int32Array(CHUNK_ROWS)
  readonly #sketch = new SketchColumn()

  private constructor(connection: DuckDBConnection, name: string, appender: DuckDBAppender) {
    this.#connection = connection
    this.#name = name
    this.#appender = appender
  }

  /** Makes an empty table in place of any of that name. */
  static async create(connection: DuckDBConnection, name: string): Promise<WindowTable> {
    await connection.run(`CREATE OR REPLACE TABLE "${name}" (${WINDOW_TABLE_SQL})`)
    return new WindowTable(connection, name, await connection.createAppender(name))
  }

  /** Appends the windows of one series, in order of time. @param idLow unsigned halves of its id */
  append(idLow: number, idHigh: number, windows: WindowColumns): void {
    const high = idHigh | 0
    if (high < this.#high || (high === this.#high && idLow < this.#low)) this.#isSorted = false
    this.#high = high
    this.#low = idLow
    for (let from = 0; from < windows.length; from++) {
      const row = this.#rows++
      this.#id[2 * row] = idLow
      this.#id[2 * row + 1] = idHigh
      putMicros(this.#start, row, windows.start[from])
      for (let c = 0; c < WINDOW_COLUMNS.length; c++) {
        const target = this.#numbers[c]
        const value = windows[WINDOW_COLUMNS[c]][from]
        if (target instanceof Float64Array) target[row] = value
        else putMicros(target, row, value)
      }
      if (Number.isNaN(windows.min[from])) this.#empty.set(row)
      this.#flags[row] = windows.stale[from]
      this.#shard[row] = shardOf(idLow)
      this.#sketch.put(row, windows.sketch[from])
      if (this.#rows === CHUNK_ROWS) this.#flush()
    }
    this.length += windows.length
  }

  /** Ends appending; from then on every connection sees what is in the table. */
  close(): void {
    this.#flush()
    this.#appender.closeSync()
  }

  /** Writes the table, once closed, as a tier's file, sorted by series and time. @param connection any of the engine's */
  async writeTo(connection: DuckDBConnection, path: string): Promise<void> {
    await connection.run(copyWindowsSql(this.#name, path, this.#isSorted))
  }

  /** Drops the table and what was not yet written to it. */
  async drop(): Promise<void> {
    this.#appender.clear()
    await this.#connection.run(`DROP TABLE IF EXISTS "${this.#name}"`)
  }

  #flush(): void {
    const rows = this.#rows
    if (rows === 0) return
    appendChunk(this.#appender, TYPES, rows, ([id, start, ...rest]) => {
      fill(id, this.#id, rows * 8)
      fill(start, this.#start, rows * 8)
      for (let c = 0; c < WINDOW_COLUMNS.length; c++) {
        fill(rest[c], this.#numbers[c], rows * 8)
        if (WINDOW_COLUMNS[c] === 'min' || WINDOW_COLUMNS[c] === 'max') this.#empty.write(rest[c])
      }
      const [sketch, shard, flags] = rest.slice(WINDOW_COLUMNS.length)
      this.#sketch.write(sketch, rows)
      fill(shard, this.#shard, rows * 4)
      fill(flags, this.#flags, rows * 4)
    })
    this.#empty.clear()
    this.#rows = 0
    if (++this.#chunks % FLUSH_CHUNKS === 0) this.#appender.flushSync()
  }
}

/** Sketches as the struct at rest: of each side the buckets that are not empty. */
class SketchColumn {
  readonly #scale = new Int32Array(CHUNK_ROWS)
  readonly #zeroCount = new Float64Array(CHUNK_ROWS)
  readonly #zeroThreshold = new Float64Array(CHUNK_ROWS)
  readonly #positive = new RunColumn()
  readonly #negative = new RunColumn()
  /** Windows that store none. */
  readonly #none = new Nulls()

  put(row: number, sketch: Sketch | undefined): void {
    if (sketch) {
      this.#scale[row] = sketch.schema
      this.#zeroCount[row] = sketch.zeroCount
    } else this.#none.set(row)
    this.#positive.put(row, sketch?.positive)
    this.#negative.put(row, sketch?.negative)
  }

  write(vector: Vector, rows: number): void {
    const fields = fieldsOf(vector, 7)
    fill(fields[0], this.#scale, rows * 4)
    fill(fields[1], this.#zeroCount, rows * 8)
    fill(fields[2], this.#zeroThreshold, rows * 8)
    this.#positive.write(fields[3], fields[4], rows)
    this.#negative.write(fields[5], fields[6], rows)
    for (const field of [vector, ...fields]) this.#none.write(field)
    this.#none.clear()
  }
}

/** One side's buckets: a list of indexes and a list of counts. */
class RunColumn {
  readonly #index = new ListBuffer(new Int32Array(1 << 16), (items) => widened(items, items.length * 2))
  readonly #count = new ListBuffer(new Float64Array(1 << 16), (items) => widened(items, items.length * 2))

  put(row: number, run: BucketRun | undefined): void {
    this.#index.begin(row)
    this.#count.begin(row)
    if (run) {
      const { counts, offset, length } = run
      for (let i = 0; i < length; i++) {
        if (counts[i] === 0) continue
        this.#index.push(offset + i)
        this.#count.push(counts[i])
      }
    }
    this.#index.end(row)
    this.#count.end(row)
  }

  write(index: Vector, count: Vector, rows: number): void {
    this.#index.write(index, rows)
    this.#count.write(count, rows)
    this.#index.clear()
    this.#count.clear()
  }
}

/** A time in ms as the two words of its µs. */
function putMicros(words: Uint32Array, row: number, timeMs: number): void {
  const micros = timeMs * 1000
  words[2 * row] = micros % 2 ** 32
  words[2 * row + 1] = Math.floor(micros / 2 ** 32)
}
