import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import type { Label } from '../../schemas/series/series.js'
import { arrowStream } from './arrow.js'

const none = { histogramMs: new Float64Array(0), histogram: [] }
const bytesOf = async (value: Parameters<typeof arrowStream>[0]) => Buffer.concat(await arrowStream(value).toArray())

test('a matrix becomes rows of time, labels and value, in batches that any Arrow reader joins', async () => {
  const timeMs = Float64Array.from({ length: 40_000 }, (_, i) => i * 1000)
  const series = ['a', 'b'].map((host) => ({
    labels: [
      ['__name__', 'up'],
      ['host', host],
    ] as Label[],
    timeMs,
    value: timeMs.map((t) => t / 1000 + (host === 'b' ? 0.5 : 0)),
    ...none,
  }))
  const table = tableFromIPC(await bytesOf({ type: 'matrix', series }))
  expect(table.numRows).toBe(80_000)
  expect(table.schema.names).toEqual(['time', '__name__', 'host', 'value'])
  expect(table.get(79_999)?.toJSON()).toEqual({ time: 39_999_000, __name__: 'up', host: 'b', value: 39_999.5 })
  expect(table.get(1)?.toJSON()).toEqual({ time: 1000, __name__: 'up', host: 'a', value: 1 })
})

test('a scalar is one row, and an empty answer is a valid stream without rows', async () => {
  expect(
    tableFromIPC(await bytesOf({ type: 'scalar', timeMs: 5, value: 7 }))
      .toArray()
      .map(String),
  ).toHaveLength(1)
  expect(tableFromIPC(await bytesOf({ type: 'vector', samples: [] })).numRows).toBe(0)
})
