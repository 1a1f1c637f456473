import { expect, test } from 'vitest'
import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { Dictionaries } from './dictionaries.js'

const series = ['a', 'b', 'c', 'd'].map((host) => Series.of('cpu', { host }, Kind.Sample))
const [a, b, c, d] = series

test('the same series in the same order are written down once', () => {
  const dictionaries = new Dictionaries()
  const first = dictionaries.of([a, b])
  expect(dictionaries.of([c, d])).not.toBe(first)
  expect(dictionaries.of([a, b])).toBe(first)
})

test('other series, more, fewer or in another order, are never taken for those that were sent', () => {
  const dictionaries = new Dictionaries()
  for (const list of [[a, b], [a, c], [a, b, c], [a], [a, c, b], [b, a], [a, b]])
    expect(dictionaries.of(list)).toEqual(encodeDictionary(list))
})

test('holds no more than its limit, and what was used last', () => {
  const limit = 800
  const dictionaries = new Dictionaries(limit)
  const [first, second, third] = [dictionaries.of([a]), dictionaries.of([b]), dictionaries.of([c])]
  expect(dictionaries.of([a])).toBe(first)
  dictionaries.of([d])
  expect(dictionaries.byteCount).toBeLessThanOrEqual(limit)
  expect(dictionaries.of([a])).toBe(first)
  expect(dictionaries.of([c])).toBe(third)
  expect(dictionaries.of([b])).not.toBe(second)
  expect(new Dictionaries(1).of(series)).toEqual(encodeDictionary(series))
})

test('forgets all of them when the series go', () => {
  const dictionaries = new Dictionaries()
  const before = dictionaries.of(series)
  dictionaries.clear()
  expect(dictionaries.byteCount).toBe(0)
  expect(dictionaries.of(series)).not.toBe(before)
})

test('what is held does not grow with what is sent', () => {
  const dictionaries = new Dictionaries()
  dictionaries.of(series)
  const held = dictionaries.byteCount
  for (let i = 0; i < 100; i++) dictionaries.of(i % 2 === 0 ? [a, d] : series)
  expect(dictionaries.byteCount).toBe(held)
})
