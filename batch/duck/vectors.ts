import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import duckdb, { type Vector } from '@duckdb/node-bindings'

/**
 * DuckDB's vectors as typed arrays. Value by value through the driver's objects a column costs ten times as much, and
 * a list fifty times; here a chunk is read in place and written by one copy a column.
 */

/** A column of a chunk, as DuckDB holds it. */
export type { Vector }

/** Rows of a chunk. */
export const CHUNK_ROWS = 2048

/** Streams a query's chunks; the next one is fetched while the last is worked on. Nothing else may run on the connection. */
export async function* chunksOf(connection: DuckDBConnection, sql: string): AsyncIterable<DuckDBDataChunk> {
  const result = await connection.stream(sql)
  let next = result.fetchChunk()
  try {
    for (;;) {
      const chunk = await next
      if (!chunk || chunk.rowCount === 0) return
      next = result.fetchChunk()
      yield chunk
    }
  } finally {
    // Of a reader that stops early nobody else waits for it.
    await next.catch(() => undefined)
  }
}

/**
 * Column `column` of a chunk read as doubles, in place: valid as long as the chunk. NULLs read as anything.
 * @param rows of the chunk, where the caller knows them: asking costs more than reading a short column
 */
export function doublesOf(chunk: DuckDBDataChunk, column: number, rows = chunk.rowCount): Float64Array {
  return doublesIn(vectorOf(chunk, column), rows)
}

/** As {@link doublesOf}, for INTEGER. */
export function integersOf(chunk: DuckDBDataChunk, column: number, rows = chunk.rowCount): Int32Array {
  return integersIn(vectorOf(chunk, column), rows)
}

/** As {@link doublesOf}, for BIGINT: the low and the high word of row i at 2i and 2i + 1. */
export function wordsOf(chunk: DuckDBDataChunk, column: number, rows = chunk.rowCount): Uint32Array {
  const bytes = duckdb.vector_get_data(vectorOf(chunk, column), rows * 8)
  return new Uint32Array(bytes.buffer, bytes.byteOffset, rows * 2)
}

/** A column of lists, read in place: entries of row i are `items[offset(i)]` and the `length(i) - 1` after it. */
export interface ListColumn<Items> {
  items: Items
  offset(row: number): number
  length(row: number): number
}

/** As {@link doublesOf}, for DOUBLE[]. */
export function doubleListsOf(chunk: DuckDBDataChunk, column: number): ListColumn<Float64Array> {
  return listsOf(chunk, column, doublesIn)
}

/** As {@link doublesOf}, for INTEGER[]. */
export function integerListsOf(chunk: DuckDBDataChunk, column: number): ListColumn<Int32Array> {
  return listsOf(chunk, column, integersIn)
}

function listsOf<Items>(
  chunk: DuckDBDataChunk,
  column: number,
  read: (vector: Vector, items: number) => Items,
): ListColumn<Items> {
  const vector = vectorOf(chunk, column)
  const bytes = duckdb.vector_get_data(vector, chunk.rowCount * 16)
  // Offset and length are 64 bits each; a chunk's entries are never so many that the high words matter.
  const entries = new Uint32Array(bytes.buffer, bytes.byteOffset, chunk.rowCount * 4)
  return {
    items: read(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector)),
    offset: (row) => entries[4 * row],
    length: (row) => entries[4 * row + 2],
  }
}

function doublesIn(vector: Vector, items: number): Float64Array {
  const bytes = duckdb.vector_get_data(vector, items * 8)
  return new Float64Array(bytes.buffer, bytes.byteOffset, items)
}

function integersIn(vector: Vector, items: number): Int32Array {
  const bytes = duckdb.vector_get_data(vector, items * 4)
  return new Int32Array(bytes.buffer, bytes.byteOffset, items)
}

/** A column of a chunk. */
export function vectorOf(chunk: DuckDBDataChunk, column: number): Vector {
  return duckdb.data_chunk_get_vector(chunk.chunk, column)
}

/** Values that are NULL, by row; a column without any costs nothing. */
export class Nulls {
  #valid: Uint8Array<ArrayBuffer> | undefined

  set(row: number): void {
    this.#valid ??= new Uint8Array(CHUNK_ROWS / 8).fill(0xff)
    this.#valid[row >> 3] &= ~(1 << (row & 7))
  }

  /** Marks them in a vector. */
  write(vector: Vector): void {
    if (!this.#valid) return
    duckdb.vector_ensure_validity_writable(vector)
    duckdb.copy_data_to_vector_validity(vector, 0, this.#valid.buffer, 0, this.#valid.length)
  }
}

/** Writes the first bytes of a column's values into a vector. */
export function fill(vector: Vector, values: ArrayBufferView<ArrayBuffer>, bytes: number): void {
  duckdb.copy_data_to_vector(vector, 0, values.buffer, values.byteOffset, bytes)
}

/**
 * Writes a column of lists.
 * @param items of all lists, behind each other, of which `length` count
 * @param entries 64 bits for each row's first item and 64 for how many it has
 */
export function writeLists(
  vector: Vector,
  items: ArrayBufferView<ArrayBuffer> & { readonly BYTES_PER_ELEMENT: number },
  length: number,
  entries: ArrayBufferView<ArrayBuffer>,
  rows: number,
): void {
  duckdb.list_vector_reserve(vector, length)
  duckdb.list_vector_set_size(vector, length)
  fill(duckdb.list_vector_get_child(vector), items, length * items.BYTES_PER_ELEMENT)
  fill(vector, entries, rows * 16)
}

/** The vectors of a struct's fields. */
export function fieldsOf(vector: Vector, fields: number): Vector[] {
  return Array.from({ length: fields }, (_, field) => duckdb.struct_vector_get_child(vector, field))
}
