import { expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { PageCache } from './page-cache.js'

const one = Series.of('cpu', {}, Kind.Sample)
const page = (series: number) => Array.from({ length: series }, () => one)

test('gives a page that holds as many series as are known of it, and none that has grown since', () => {
  const cache = new PageCache()
  cache.set('a/0', page(3))
  expect(cache.get('a/0', 3)).toHaveLength(3)
  expect(cache.get('a/0', 4)).toBeUndefined()
  cache.set('a/0', page(4))
  expect(cache.get('a/0', 4)).toHaveLength(4)
  expect(cache.get('a/1', 1)).toBeUndefined()
})

test('is bounded by the series of its pages, and lets go of those used longest ago', () => {
  const cache = new PageCache()
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, page(50_000))
  cache.get('a', 1)
  cache.set('e', page(50_000))
  const kept = ['a', 'b', 'c', 'd', 'e'].filter((key) => cache.get(key, 1))
  expect(kept).toEqual(['a', 'c', 'd', 'e'])
})
