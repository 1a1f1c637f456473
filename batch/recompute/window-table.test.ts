import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { addSample } from '../../schemas/aggregates/index.js'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { WindowColumns } from '../../schemas/windows/columns.js'
import { differences } from '../../test/law/windows-equal.js'
import { DuckEngine, parquetSql } from '../duck/engine.js'
import { windowsBySeries } from './series-windows.js'
import { makeRoom, withWindowTables } from './window-table.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-table-'))
const engine = new DuckEngine({ tempDir: folder, threads: 2, memory: '512MB' })
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const series = Array.from({ length: 9 }, (_, i) => Series.of('reading', { host: `${i}` }, Kind.Sample))

/** 5,000 windows: of one value, of many, of both signs, of none. */
function windowsOf(one: Series, seed: number): WindowColumns {
  const windows = new WindowColumns()
  for (let w = 0; w < 5000; w++) {
    const startMs = (w + 1) * 10_000
    const row = windows.push(one, startMs)
    for (let i = 0; i <= w % 7; i++)
      addSample(windows, row, startMs + 1 + i, valueAt(w, i, seed), w % 11 === 0 && i === 0)
  }
  windows.settle()
  return windows
}

function valueAt(w: number, i: number, seed: number): number {
  if (w % 11 === 0 && i === 0) return Number.NaN
  return w % 3 === 0 ? seed : (seed + w * i) * (i % 2 === 0 ? 1 : -1)
}

test.each([
  ['in memory', Number.POSITIVE_INFINITY],
  ['in memory and then in DuckDB', 4_000_000],
  ['in DuckDB', 0],
])('a file holds every window that was appended, sorted by series, if they wait %s', async (_where, mostBytes) => {
  const path = join(folder, 'windows.parquet')
  const all = series.map((one, seed) => windowsOf(one, seed))
  await engine.runAlone(async (tools) => {
    const { reader } = tools
    await withWindowTables(tools, ['windows'], async ([table]) => {
      for (const windows of all) {
        table.append(windows.series[0].idLow, windows.series[0].idHigh, windows)
        await makeRoom([table], mostBytes)
        expect(table.bytes).toBeLessThanOrEqual(mostBytes)
      }
      await table.close()
      expect(table.length).toBe(9 * 5000)
      await table.writeTo(reader, path)
    })
    const seriesOf = (low: number, high: number) =>
      series.find(({ idLow, idHigh }) => idLow === low && idHigh === high)!
    const ids: bigint[] = []
    for await (const { windows } of windowsBySeries(reader, parquetSql([path]), seriesOf)) {
      const [own] = windows.series
      ids.push(own.id)
      expect(differences(all[series.indexOf(own)], windows)).toEqual([])
    }
    expect(ids).toEqual(series.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1)))
    expect((await reader.runAndReadAll('SELECT table_name FROM duckdb_tables()')).getRows()).toEqual([])
  })
})

test('a job that fails leaves no table, and none of its windows for the next one', async () => {
  await engine.runAlone(async (tools) => {
    const { reader } = tools
    const failing = withWindowTables(tools, ['windows'], async ([table]) => {
      table.append(1, 1, windowsOf(series[0], 1))
      await table.spill()
      throw new Error('the disk is full')
    })
    await expect(failing).rejects.toThrow('the disk is full')
    expect((await reader.runAndReadAll('SELECT table_name FROM duckdb_tables()')).getRows()).toEqual([])
  })
})
