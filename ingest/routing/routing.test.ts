import { expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import type { Layout } from '../../schemas/ports/layouts.js'
import { Series } from '../../schemas/series/series.js'
import { partitionOf, seriesPartition } from './partition.js'
import { Routing } from './routing.js'

const T = 1_767_225_600_000
const before: Layout = { fromMs: 0, partitions: 4, splits: {} }
const after: Layout = { fromMs: T, partitions: 6, splits: { hot: 3 } }
const series = Array.from({ length: 60 }, (_, i) => Series.of('hot', { host: `h${i}` }, Kind.Sample))

test('a metric that is not split has one partition', () => {
  for (const { idLow } of series) expect(seriesPartition('hot', idLow, before)).toBe(partitionOf('hot', 4))
})

test('the series of a split metric spread over as many partitions as it says', () => {
  const used = new Set(series.map(({ idLow }) => seriesPartition('hot', idLow, after)))
  expect(used.size).toBe(3)
})

test('a point goes by the layout of its own time: at the border still by the one before', () => {
  const routing = new Routing([before, after], T + 1000)
  expect(routing.current).toBe(after)
  for (const one of series) {
    expect(routing.partitionAt(one, T)).toBe(partitionOf('hot', 4))
    expect(routing.partitionAt(one, T + 1)).toBe(seriesPartition('hot', one.idLow, after))
  }
})

test('says when another layout begins to hold', () => {
  const routing = new Routing([before], T - 5000)
  expect(routing.follow([before, after], T - 1000)).toBe(false)
  expect([routing.fromMs, routing.untilMs]).toEqual([Number.NEGATIVE_INFINITY, T])
  expect(routing.follow([before, after], T + 1)).toBe(true)
  expect([routing.fromMs, routing.untilMs]).toEqual([T, Number.POSITIVE_INFINITY])
})
