import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cache } from '../../schemas/ports/cache.js'

/** An empty cache of at least 100 kB. */
export interface CacheHarness {
  cache: Cache
  /** Lets that much time pass for the cache. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

/** What every Cache keeps. */
export function cacheContract(name: string, open: () => Promise<CacheHarness>): void {
  describe(`cache: ${name}`, () => {
    let harness: CacheHarness
    let cache: Cache
    beforeEach(async () => {
      harness = await open()
      cache = harness.cache
    })
    afterEach(() => harness.close())

    test('gives back what was set, byte by byte', async () => {
      await cache.set('k', Uint8Array.of(0, 255, 128), 10_000)
      expect([...(await cache.get('k'))!]).toEqual([0, 255, 128])
    })

    test('misses what was never set', async () => {
      expect(await cache.get('nothing')).toBeUndefined()
    })

    test('takes the newest value of a key', async () => {
      await cache.set('k', Uint8Array.of(1), 10_000)
      await cache.set('k', Uint8Array.of(2), 10_000)
      expect([...(await cache.get('k'))!]).toEqual([2])
    })

    test('forgets a value when its time is over', async () => {
      await cache.set('short', Uint8Array.of(1), 50)
      await cache.set('long', Uint8Array.of(2), 60_000)
      await harness.pass(100)
      expect(await cache.get('short')).toBeUndefined()
      expect([...(await cache.get('long'))!]).toEqual([2])
    })

    test('removes exactly the keys it is told to', async () => {
      for (const key of ['a', 'ab', 'b']) await cache.set(key, Uint8Array.of(1), 10_000)
      await cache.delete(['a', 'never set'])
      expect(await cache.get('a')).toBeUndefined()
      expect(await cache.get('ab')).toBeDefined()
      expect(await cache.get('b')).toBeDefined()
    })

    test('is not changed by what its caller does to the bytes afterwards', async () => {
      const value = Uint8Array.of(1, 2, 3)
      await cache.set('k', value, 10_000)
      value.fill(9)
      expect([...(await cache.get('k'))!]).toEqual([1, 2, 3])
    })
  })
}
