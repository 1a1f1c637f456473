import { expect, test } from 'vitest'
import type { NativeHistogram } from '../../schemas/histogram.js'
import type { WindowedSeries } from '../../schemas/ports/series-source.js'
import type { MatchOp } from '../../schemas/series/matcher.js'
import { parseHistogramText } from '../histogram/index.js'
import { MemorySource } from './memory-source.js'

const UP: [string, string][] = [['__name__', 'up']]

async function select(source: MemorySource, startMs: number, endMs: number, op: MatchOp = '=', value = 'up') {
  const series: WindowedSeries[] = []
  for await (const one of source.select([{ name: '__name__', op, value }], { startMs, endMs })) series.push(one)
  return series
}

test('gives the points after the start up to the end', async () => {
  const source = new MemorySource()
  for (const timeMs of [0, 1000, 2000, 3000]) source.append(UP, timeMs, timeMs / 1000)
  const [series] = await select(source, 0, 2000)
  expect([...series.timeMs]).toEqual([1000, 2000])
  expect([...series.value]).toEqual([1, 2])
  expect(series.histogram).toBeUndefined()
  expect(await select(source, 3000, 9000)).toEqual([])
  expect(await select(source, -1, 9000, '!=')).toEqual([])
})

test('keeps staleness markers and start times beside the values', async () => {
  const source = new MemorySource()
  source.append(UP, 0, 1, -5)
  source.append(UP, 1, 'stale')
  const [series] = await select(source, -1, 1)
  expect([...series.stale]).toEqual([0, 1])
  expect([...(series.startMs ?? [])]).toEqual([-5, 0])
})

test('a point that does not lie behind the newest is refused, unless it is that point', () => {
  const source = new MemorySource()
  source.append(UP, 1000, 1)
  source.append(UP, 1000, 1)
  expect(() => source.append(UP, 1000, 2)).toThrow('does not lie behind')
  expect(() => source.append(UP, 999, 1)).toThrow('does not lie behind')
  source.clear()
  source.append(UP, 0, 1)
})

test('says of a histogram what a store of runs without resets knows of it', async () => {
  const source = new MemorySource()
  const counter = (count: number, hint = 'unknown') =>
    parseHistogramText(`{{count:${count} buckets:[${count}] counter_reset_hint:${hint}}}`)
  const stored: [NativeHistogram | number | 'stale', string | undefined][] = [
    [counter(1), 'unknown'],
    [counter(2), 'notReset'],
    [counter(1), 'unknown'],
    [counter(1, 'not_reset'), 'notReset'],
    [counter(0, 'not_reset'), 'unknown'],
    [counter(5, 'reset'), 'unknown'],
    [counter(6, 'gauge'), 'gauge'],
    [counter(7), 'unknown'],
    [8, undefined],
    [counter(9), 'unknown'],
    ['stale', undefined],
    [counter(10), 'unknown'],
  ]
  stored.forEach(([value], i) => {
    source.append(UP, i, value)
  })
  const [{ histogram = [] }] = await select(source, -1, 99)
  expect(histogram.map((one) => one?.counterReset)).toEqual(stored.map(([, hint]) => hint))
})
