import { afterEach, describe, expect, test } from 'vitest'
import { createRedisCache } from '../../adapters/redis/cache.js'
import { eventually } from '../contract/eventually.js'
import { batch, cpu, everything, readAll, T0 } from '../contract/window-fixtures.js'
import { closeWindow, covered, fed, RedisStage, S, starts, unavailable } from './redis-stage.js'

let stage: RedisStage

afterEach(() => stage.close())

describe('a Redis that does not answer', () => {
  test('costs one wait; after that calls fail at once, until it answers again', async () => {
    stage = await RedisStage.open()
    let outages = 0
    const view = await stage.view({ partitions: 1, onOutage: () => void outages++ })
    const feed = await fed(view, 2)
    stage.server.pause()
    await expect(view.coveredFromMs()).rejects.toThrow(unavailable)
    const inTurn = async (call: Promise<unknown>) =>
      Promise.race([call.catch((error: Error) => error), new Promise((resolve) => setImmediate(resolve, 'waited'))])
    for (const call of [
      () => readAll(view, everything()),
      () => view.series(everything()),
      () => view.coveredFromMs(),
      () => view.follow(0, T0),
      () => feed.beat(),
    ])
      expect(await inTurn(call())).toEqual(unavailable)
    expect(outages).toBe(1)
    stage.server.resume()
    await eventually(async () => expect(await covered(view)).toBe(0), 15_000)
    await closeWindow(feed, 2)
    expect(await starts(view)).toEqual([0, 10, 20])
  })

  test('half-way through a reading ends it with an error, never with less', async () => {
    stage = await RedisStage.open()
    const view = await stage.view({ partitions: 1 })
    const feed = await view.follow(0, T0)
    const readings = Array.from({ length: 3000 }, (_, i) => ({ series: cpu({ host: `h${i}` }), values: [i] }))
    for (let i = 0; i < 50; i++) await feed.put([batch(T0 + i * 10 * S, 0, readings)], T0 + (i + 1) * 10 * S)
    let rows = 0
    const reading = async () => {
      for await (const windows of view.read(everything())) {
        if (rows === 0) await stage.server.kill()
        rows += windows.length
      }
    }
    await expect(reading()).rejects.toThrow(unavailable)
    expect(rows).toBeGreaterThan(0)
    expect(rows).toBeLessThan(150_000)
  })

  test('is missed by the cache without an error, once with a wait, and found again', async () => {
    stage = await RedisStage.open()
    const cache = await createRedisCache(stage.config())
    stage.closing(() => cache.close())
    await cache.set('k', Uint8Array.of(1), 60_000)
    stage.server.pause()
    expect(await cache.get('k')).toBeUndefined()
    await cache.set('k', Uint8Array.of(2), 60_000)
    await cache.delete(['k'])
    stage.server.resume()
    await eventually(async () => expect(await cache.get('k')).toEqual(Buffer.from([1])), 15_000)
  })

  test('at the start is no error; what was opened works once it is there', async () => {
    stage = await RedisStage.open()
    await stage.server.kill()
    const view = await stage.view({ partitions: 1 })
    await expect(view.coveredFromMs()).rejects.toThrow(unavailable)
    await stage.server.restart()
    await eventually(async () => void (await view.follow(0, T0)), 15_000)
    expect(await covered(view)).toBe(0)
  })

  test('for want of memory leaves the cache without a value, and no error', async () => {
    stage = await RedisStage.open('--maxmemory', '1')
    const cache = await createRedisCache(stage.config())
    stage.closing(() => cache.close())
    await cache.set('k', Uint8Array.of(1), 60_000)
    expect(await cache.get('k')).toBeUndefined()
    await stage.server.admin.config('SET', 'maxmemory', 0)
    await cache.set('k', Uint8Array.of(1), 60_000)
    expect(await cache.get('k')).toEqual(Buffer.from([1]))
  })
})
