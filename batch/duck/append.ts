import { type DuckDBConnection, DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import { CHUNK_ROWS } from './vectors.js'

/** A column to append: its type, and its value in each row. */
export interface AppendColumn {
  type: DuckDBType
  value: (row: number) => DuckDBValue
}

/** Appends rows to a temporary table, chunk by chunk: several million rows a second where the values are numbers. */
export async function appendColumns(
  connection: DuckDBConnection,
  table: string,
  rows: number,
  columns: readonly AppendColumn[],
): Promise<void> {
  if (rows === 0) return
  const appender = await connection.createAppender(table, 'main', 'temp')
  const types = columns.map((column) => column.type)
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const size = Math.min(CHUNK_ROWS, rows - start)
    const chunk = DuckDBDataChunk.create(types, size)
    for (let c = 0; c < columns.length; c++) {
      const vector = chunk.getColumnVector(c)
      const { value } = columns[c]
      for (let i = 0; i < size; i++) vector.setItem(i, value(start + i))
      vector.flush()
    }
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}
