import { expect, test } from 'vitest'
import { EmbeddedCache } from './cache.js'

test('stays within its bytes: the least recently used goes first', async () => {
  const cache = new EmbeddedCache(10_000, () => 0)
  for (const key of ['a', 'b', 'c']) await cache.set(key, new Uint8Array(3000), 1000)
  await cache.get('a')
  await cache.set('d', new Uint8Array(3000), 1000)
  expect(await cache.get('b')).toBeUndefined()
  for (const key of ['a', 'c', 'd']) expect(await cache.get(key)).toHaveLength(3000)
})

test('does not hold what is larger than itself, nor the value that it was to replace', async () => {
  const cache = new EmbeddedCache(1000, () => 0)
  await cache.set('k', new Uint8Array(10), 1000)
  await cache.set('k', new Uint8Array(2000), 1000)
  expect(await cache.get('k')).toBeUndefined()
})

test('a cache of 0 bytes caches nothing', async () => {
  const cache = new EmbeddedCache(0, () => 0)
  await cache.set('k', new Uint8Array(0), 1000)
  expect(await cache.get('k')).toBeUndefined()
})
