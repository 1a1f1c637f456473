import { expect, test } from 'vitest'
import { addEvent } from '../aggregates/index.js'
import { Kind } from '../points.js'
import type { WindowReader } from '../ports/window-store.js'
import { Series } from '../series/series.js'
import { WindowColumns } from './columns.js'
import { mergedRollups } from './merged-rollups.js'

const T0 = 1_767_225_600_000
const rollups = [{ match: 'latency', by: ['region'], keep_source: true }]
const derived = Series.of('latency:by_region', { region: 'eu' }, Kind.EventTimer)
const other = Series.of('cpu', {}, Kind.EventTimer)

/** A chunk with one window of these values. */
function chunk(series: Series, ...values: number[]): WindowColumns {
  const windows = new WindowColumns()
  const row = windows.push(series, T0)
  for (const value of values) addEvent(windows, row, T0 + 1, value, 1)
  windows.settle()
  return windows
}

/** What a store with these chunks gives. */
async function readAll(...chunks: WindowColumns[]): Promise<Record<string, { count: number; sum: number }[]>> {
  const reader: WindowReader = {
    async *read() {
      yield* chunks
    },
    series: async () => [],
  }
  const found: Record<string, { count: number; sum: number }[]> = {}
  for await (const windows of mergedRollups(reader, rollups).read({ startMs: T0, endMs: T0 + 1, matchers: [] })) {
    for (let row = 0; row < windows.length; row++) {
      found[windows.series[row].metric] ??= []
      found[windows.series[row].metric].push({ count: windows.count[row], sum: windows.sum[row] })
    }
  }
  return found
}

test('the shares of a rollup that several partitions derived are one window', async () => {
  const found = await readAll(chunk(derived, 1, 2), chunk(other, 5), chunk(derived, 4))
  expect(found).toEqual({ 'latency:by_region': [{ count: 3, sum: 7 }], cpu: [{ count: 1, sum: 5 }] })
})

test('what the store holds is left as it is', async () => {
  const [one, two] = [chunk(derived, 1, 3), chunk(derived, 2, 5)]
  await readAll(one, two)
  expect(one.count[0]).toBe(2)
  expect(one.sketch[0]?.count).toBe(chunk(derived, 1, 3).sketch[0]?.count)
})
