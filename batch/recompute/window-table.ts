import type { DuckDBConnection } from '@duckdb/node-api'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import type { MemoryRelations } from '../duck/memory-rows.js'
import { CHUNK_ROWS } from '../duck/vectors.js'
import { copyWindowsSql, WINDOW_TABLE_SQL } from './file-sql.js'
import { SketchScratch } from './packed-sketches.js'
import { FILE_COLUMNS, PackedWindows } from './packed-windows.js'

/** Bytes of the windows that a set of tables holds in this process; those that are more wait in DuckDB, or on disk. */
const MOST_BYTES = 128 * 2 ** 20

/** What tables need of an engine. */
export interface TableEngine {
  /** Nothing else may run on it while windows move into its tables. */
  writer: DuckDBConnection
  memory: MemoryRelations
}

/** Runs a job on empty tables, which are gone afterwards. */
export async function withWindowTables<T>(
  engine: TableEngine,
  names: readonly string[],
  job: (tables: WindowTable[]) => Promise<T>,
): Promise<T> {
  const tables = names.map((name) => new WindowTable(engine, name))
  try {
    return await job(tables)
  } finally {
    for (const table of tables) await table.drop()
  }
}

/** Moves windows out of this process's memory if the tables hold too many of them. @param mostBytes what they may hold */
export async function makeRoom(tables: readonly WindowTable[], mostBytes = MOST_BYTES): Promise<void> {
  if (tables.reduce((sum, { bytes }) => sum + bytes, 0) < mostBytes) return
  for (const table of tables) await table.spill()
}

/** Windows on their way into a tier's file, in the file's columns: in memory, and in a table of DuckDB once they are many. */
export class WindowTable {
  /** Windows appended. */
  length = 0
  /** Memory of the windows that this process holds. */
  bytes = 0
  readonly #writer: DuckDBConnection
  readonly #name: string
  readonly #chunks: PackedWindows[] = []
  readonly #memory: MemoryRelations
  readonly #rows: { sql: string; remove: () => void }
  readonly #scratch = new SketchScratch()
  #open = new PackedWindows(this.#scratch)
  #hasSpilled = false
  /** The last series' id, signed high word and low word, and whether all came in order of ids. */
  #high = -(2 ** 31)
  #low = 0
  #isSorted = true

  /** An empty table, in place of any of that name. */
  constructor({ writer, memory }: TableEngine, name: string) {
    this.#writer = writer
    this.#name = name
    this.#memory = memory
    this.#rows = memory.add({ columns: FILE_COLUMNS, chunks: this.#chunks })
  }

  /** Appends the windows of one series, in order of time. @param idLow unsigned halves of its id */
  append(idLow: number, idHigh: number, windows: WindowColumns): void {
    const high = idHigh | 0
    if (high < this.#high || (high === this.#high && idLow < this.#low)) this.#isSorted = false
    this.#high = high
    this.#low = idLow
    for (let from = 0; from < windows.length; ) {
      const to = Math.min(windows.length, from + CHUNK_ROWS - this.#open.rows)
      this.#open.add(idLow, idHigh, windows, from, to)
      if (this.#open.rows === CHUNK_ROWS) this.#seal()
      from = to
    }
    this.length += windows.length
  }

  /** Moves the windows that this process holds into DuckDB, where any statement can read them. @returns the table in SQL */
  async spill(): Promise<string> {
    const table = `"${this.#name}"`
    this.#seal()
    if (!this.#hasSpilled) {
      this.#hasSpilled = true
      await this.#writer.run(`CREATE OR REPLACE TABLE ${table} (${WINDOW_TABLE_SQL})`)
    }
    if (this.#chunks.length > 0) await this.#memory.run(this.#writer, `INSERT INTO ${table} FROM ${this.#rows.sql}`)
    this.#chunks.length = 0
    this.bytes = 0
    return table
  }

  /** Ends appending. */
  async close(): Promise<void> {
    if (this.#hasSpilled) await this.spill()
    else this.#seal()
  }

  /** Writes the table, once closed, as a tier's file, sorted by series and time. @param connection any of the engine's */
  async writeTo(connection: DuckDBConnection, path: string): Promise<void> {
    if (this.#hasSpilled) await connection.run(copyWindowsSql(`"${this.#name}"`, path, this.#isSorted))
    else await this.#memory.run(connection, copyWindowsSql(this.#rows.sql, path, this.#isSorted))
  }

  /** Drops the table and what is in it. */
  async drop(): Promise<void> {
    this.#rows.remove()
    this.#chunks.length = 0
    if (this.#hasSpilled) await this.#writer.run(`DROP TABLE IF EXISTS "${this.#name}"`)
  }

  #seal(): void {
    if (this.#open.rows === 0) return
    this.#open.seal()
    this.#chunks.push(this.#open)
    this.bytes += this.#open.bytes
    this.#open = new PackedWindows(this.#scratch)
  }
}
