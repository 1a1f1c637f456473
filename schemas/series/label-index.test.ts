import { expect, test } from 'vitest'
import { Kind } from '../points.js'
import { LabelIndex } from './label-index.js'
import type { Matcher } from './matcher.js'
import { Series } from './series.js'

const series = (metric: string, host: string) => Series.of(metric, { host }, Kind.Sample)
const matcher = (name: string, op: Matcher['op'], value: string): Matcher => ({ name, op, value })

function filled(): LabelIndex {
  const index = new LabelIndex()
  for (const metric of ['cpu', 'memory']) for (const host of ['a', 'b']) index.add(series(metric, host))
  return index
}

test('a series is added once', () => {
  const index = filled()
  expect(index.add(series('cpu', 'a'))).toBe(false)
  expect(index.add(series('cpu', 'c'))).toBe(true)
  expect(index.size).toBe(5)
  expect([...index.metrics()]).toEqual(['cpu', 'memory'])
})

test('matchers choose, in order of first sight', () => {
  const chosen = (...matchers: Matcher[]) => filled().select(matchers).map(String)
  expect(chosen(matcher('__name__', '=', 'cpu'))).toEqual(['cpu{host="a"}', 'cpu{host="b"}'])
  expect(chosen(matcher('__name__', '=', 'cpu'), matcher('host', '!=', 'a'))).toEqual(['cpu{host="b"}'])
  expect(chosen(matcher('host', '=~', 'b|c'))).toEqual(['cpu{host="b"}', 'memory{host="b"}'])
  expect(chosen(matcher('__name__', '=', 'cpu'), matcher('__name__', '=', 'memory'))).toEqual([])
  expect(chosen(matcher('__name__', '=', 'disk'))).toEqual([])
  expect(chosen()).toHaveLength(4)
})

test('a series is found by its id', () => {
  const index = filled()
  const { idLow, idHigh } = series('memory', 'b')
  expect(index.find(idLow, idHigh)?.toString()).toBe('memory{host="b"}')
  expect(index.find(1, 2)).toBeUndefined()
})

test('the list that a selection gives is its own', () => {
  const index = filled()
  index.select([matcher('__name__', '=', 'cpu')]).length = 0
  expect(index.select([matcher('__name__', '=', 'cpu')])).toHaveLength(2)
})
