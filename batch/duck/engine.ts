import { mkdirSync } from 'node:fs'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { MemoryRelations } from './memory-rows.js'

/** What DuckDB may use. */
export interface EngineOptions {
  /** Folder for what does not fit into memory. */
  tempDir: string
  threads: number
  /** Such as `1GB`. */
  memory: string
  /** How long an idle instance is kept before its memory is given back, ms. */
  idleMs?: number
}

/**
 * What a heavy job works with. Each connection runs one statement at a time, and what is streamed from it is a statement
 * until the last row has come; the three see the same tables.
 */
export interface HeavyJobTools {
  reader: DuckDBConnection
  writer: DuckDBConnection
  /** For what is written beside all else. */
  copier: DuckDBConnection
  /** Rows of this process that statements may read. */
  memory: MemoryRelations
}

/**
 * DuckDB in memory, opened when the first job comes and closed when none came for a while: an idle process must not
 * hold what a recompute needed. It never talks to the network and installs nothing.
 */
export class DuckEngine {
  readonly #options: EngineOptions
  readonly #memory = new MemoryRelations()
  #instance: Promise<DuckDBInstance> | undefined
  #jobs = 0
  #idle: NodeJS.Timeout | undefined
  #heavy: Promise<unknown> = Promise.resolve()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Runs `job` on a connection of its own; temporary tables are gone afterwards. */
  async run<T>(job: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#connect()
    try {
      return await job(connection)
    } finally {
      connection.closeSync()
      this.#release()
    }
  }

  /** As {@link run}, but one at a time: for jobs that may use all of the memory. */
  runAlone<T>(job: (tools: HeavyJobTools) => Promise<T>): Promise<T> {
    const memory = this.#memory
    const turn = this.#heavy.then(() =>
      this.run((reader) => this.run((writer) => this.run((copier) => job({ reader, writer, copier, memory })))),
    )
    this.#heavy = turn.catch(() => undefined)
    return turn
  }

  /** As {@link run}, for an answer that is read bit by bit. */
  async *stream<T>(job: (connection: DuckDBConnection) => AsyncIterable<T>): AsyncIterable<T> {
    const connection = await this.#connect()
    try {
      yield* job(connection)
    } finally {
      connection.closeSync()
      this.#release()
    }
  }

  /** Gives the memory back once no job runs. */
  async close(): Promise<void> {
    await this.#heavy
    clearTimeout(this.#idle)
    if (this.#jobs === 0) await this.#shut()
  }

  async #connect(): Promise<DuckDBConnection> {
    clearTimeout(this.#idle)
    this.#jobs++
    try {
      this.#instance ??= this.#open()
      return await (await this.#instance).connect()
    } catch (error) {
      this.#instance = undefined
      this.#release()
      throw error
    }
  }

  async #open(): Promise<DuckDBInstance> {
    const { tempDir, threads, memory } = this.#options
    mkdirSync(tempDir, { recursive: true })
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      // All of them are DuckDB's own: see MemoryRelations.
      external_threads: '0',
      memory_limit: memory,
      temp_directory: tempDir,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    const connection = await instance.connect()
    this.#memory.registerIn(connection)
    // For all connections to come: asking each for it takes as long as a short query.
    await connection.run("SET GLOBAL TimeZone = 'UTC'")
    connection.closeSync()
    return instance
  }

  #release(): void {
    if (--this.#jobs > 0) return
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#shut(), this.#options.idleMs ?? 5_000)
    this.#idle.unref()
  }

  async #shut(): Promise<void> {
    if (this.#jobs > 0 || !this.#instance) return
    const instance = this.#instance
    this.#instance = undefined
    ;(await instance).closeSync()
  }
}

/** A value as an SQL string literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Local paths as an SQL list. */
export function pathsSql(paths: readonly string[]): string {
  return `[${paths.map(quoted).join(', ')}]`
}

/** `read_parquet` over local paths. */
export function parquetSql(paths: readonly string[]): string {
  return `read_parquet(${pathsSql(paths)})`
}
