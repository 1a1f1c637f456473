import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOUBLE } from '@duckdb/node-api'
import { afterAll, expect, test } from 'vitest'
import { DuckEngine, quoted } from './engine.js'
import type { MemoryChunk } from './memory-rows.js'
import { CHUNK_ROWS, fill } from './vectors.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-rows-'))
const engine = new DuckEngine({ tempDir: folder, threads: 1, memory: '256MB' })
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const columns = [{ name: 'value', type: DOUBLE }]

/** Chunks of rows that count on from each other. */
function counted(chunks: number): MemoryChunk[] {
  return Array.from({ length: chunks }, (_, chunk) => {
    const values = Float64Array.from({ length: CHUNK_ROWS - chunk }, (_, i) => chunk * CHUNK_ROWS + i)
    return { rows: values.length, write: ([value]) => fill(value, values, values.byteLength) }
  })
}

test('a statement reads every chunk in order, several do so at once, and again', async () => {
  await engine.runAlone(async ({ reader, writer, copier, memory }) => {
    const chunks = counted(40)
    const { sql, remove } = memory.add({ columns, chunks })
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0)
    const paths = [1, 2].map((i) => join(folder, `${i}.parquet`))
    const copy = (path: string) => `COPY (FROM ${sql}) TO ${quoted(path)} (FORMAT parquet)`
    await Promise.all([memory.run(copier, copy(paths[0])), memory.run(writer, copy(paths[1]))])
    for (const path of paths) {
      const read = await reader.runAndReadAll(`
        SELECT count(*)::INTEGER, bool_and(value >= before)
        FROM (SELECT value, lag(value, 1, 0) OVER (ORDER BY file_row_number) AS before FROM read_parquet(${quoted(path)}, file_row_number = true))`)
      expect(read.getRows()).toEqual([[rows, true]])
    }
    remove()
    await expect(memory.run(reader, `SELECT * FROM ${sql}`)).rejects.toThrow('there are no rows')
  })
})

test('a chunk that cannot be written fails the statement with its reason, and nothing else', async () => {
  await engine.runAlone(async ({ reader, memory }) => {
    const broken: MemoryChunk = {
      rows: 1,
      write() {
        throw new Error('the rows are gone')
      },
    }
    const { sql } = memory.add({ columns, chunks: [...counted(3), broken] })
    await expect(memory.run(reader, `CREATE TEMP TABLE t AS FROM ${sql}`)).rejects.toThrow('the rows are gone')
    expect((await reader.runAndReadAll('SELECT 1')).getRows()).toEqual([[1]])
  })
})
