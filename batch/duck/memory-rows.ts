import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DuckDBConnection,
  DuckDBTableFunction,
  type DuckDBTableFunctionBindInfo,
  type DuckDBTableFunctionInfo,
  type DuckDBType,
  INTEGER,
} from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { type Vector, vectorOf } from './vectors.js'

/** How often a statement is asked whether it is done, ms. */
const POLL_MS = 2
const STILL_RUNNING: readonly number[] = [duckdb.PendingState.RESULT_NOT_READY, duckdb.PendingState.NO_TASKS_AVAILABLE]

/** Rows in memory, in chunks. */
export interface MemoryRows {
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[]
  readonly chunks: readonly MemoryChunk[]
}

/** At most as many rows as DuckDB's chunks have. */
export interface MemoryChunk {
  readonly rows: number
  /** Writes them, column by column. */
  write(vectors: readonly Vector[]): void
}

/**
 * Relations whose rows this process holds: DuckDB fetches them chunk by chunk from the event loop while a statement
 * runs. Appended to a table the same rows are copied three times, and nothing else happens meanwhile.
 */
export class MemoryRelations {
  readonly #rows = new Map<number, MemoryRows>()
  #last = 0

  /** Makes rows readable; more may come before they are read. @returns the relation as SQL, and how to end it */
  add(rows: MemoryRows): { sql: string; remove: () => void } {
    const key = ++this.#last
    this.#rows.set(key, rows)
    return { sql: `memory_rows(${key})`, remove: () => void this.#rows.delete(key) }
  }

  /**
   * Runs a statement that reads such relations. The connection must not be closed before it is done.
   *
   * It runs on DuckDB's own threads: a thread of Node's pool that waits for the event loop to hand it rows would make a
   * `process.exit()` wait for it forever. So somebody must ask whether it is done.
   */
  async run(connection: DuckDBConnection, sql: string): Promise<void> {
    const pending = await connection.start(sql)
    // biome-ignore lint/complexity/useLiteralKeys: it is private, and the driver's own way to wait does DuckDB's work on the thread that asks
    const handle = pending['pending_result']
    // Once it has ended, well or not, the state is any other.
    while (STILL_RUNNING.includes(duckdb.pending_execute_check_state(handle))) await sleep(POLL_MS)
    await pending.getResult()
  }

  /** Makes every connection of an instance see the relations. @param connection any one of the instance's */
  registerIn(connection: DuckDBConnection): void {
    connection.registerTableFunction(
      DuckDBTableFunction.create({
        name: 'memory_rows',
        parameterTypes: [INTEGER],
        bindFunction: (info) => this.#bind(info),
        initFunction: (info) => info.setInitData({ next: 0 }),
        mainFunction: (info, output) => {
          const chunk = nextChunk(info)
          output.rowCount = chunk?.rows ?? 0
          chunk?.write(Array.from({ length: output.columnCount }, (_, column) => vectorOf(output, column)))
        },
      }),
    )
  }

  #bind(info: DuckDBTableFunctionBindInfo): void {
    const key = Number(info.getParameter(0))
    const rows = this.#rows.get(key)
    if (!rows) throw new Error(`there are no rows ${key} in memory`)
    for (const { name, type } of rows.columns) info.addResultColumn(name, type)
    info.setBindData(rows)
  }
}

function nextChunk(info: DuckDBTableFunctionInfo): MemoryChunk | undefined {
  const { chunks } = info.bindData as MemoryRows
  const at = info.initData as { next: number }
  return chunks[at.next++]
}
