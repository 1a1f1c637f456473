import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LiveFeed, LiveView } from '../../schemas/ports/window-store.js'
import { eventually } from '../contract/eventually.js'
import { batch, cpu, everything, memory, readAll, T0 } from '../contract/window-fixtures.js'
import { closeWindow, covered, fed, RedisStage, S, starts, unavailable } from './redis-stage.js'

let stage: RedisStage

afterEach(() => stage.close())

describe('what Redis loses is not covered', () => {
  let view: LiveView
  let reader: LiveView
  let feed: LiveFeed
  beforeEach(async () => {
    stage = await RedisStage.open()
    view = await stage.view({ partitions: 1 })
    reader = await stage.view()
    feed = await fed(view, 5)
    expect(await covered(reader)).toBe(0)
  })
  const keys = async (pattern: string) => (await stage.server.admin.keys(pattern)).sort()
  const onlyKey = async (pattern: string) => {
    const found = await keys(pattern)
    expect(found).toHaveLength(1)
    return found[0]
  }

  test('everything, and whoever feeds it is told', async () => {
    await stage.server.admin.flushall()
    expect(await covered(reader)).toBeUndefined()
    await expect(closeWindow(feed, 5)).rejects.toThrow(unavailable)
    const again = await view.follow(0, T0 + 60 * S)
    expect(await covered(reader)).toBe(60)
    await closeWindow(again, 6)
    expect(await covered(reader)).toBe(60)
    expect(await starts(reader)).toEqual([60])
  })

  test('everything, by a restart', async () => {
    await stage.server.kill()
    await stage.server.restart()
    await eventually(async () => expect(await covered(reader)).toBeUndefined())
    await eventually(() => expect(feed.beat()).rejects.toThrow('fed by someone else now, or Redis has lost'))
  })

  test('the windows of one start: those before it are read elsewhere too', async () => {
    await stage.server.admin.del(`{tm:p0}:w:${T0 + 20 * S}`)
    expect(await covered(reader)).toBe(30)
    expect(await starts(reader)).toEqual([0, 10, 30, 40])
  })

  test('the windows of one start, even after they were put again: a reader may have found them missing', async () => {
    await stage.server.admin.del(`{tm:p0}:w:${T0 + 20 * S}`)
    await closeWindow(feed, 2)
    expect(await covered(reader)).toBe(30)
  })

  test('an open window costs nothing: it was not promised', async () => {
    await feed.put([batch(T0 + 50 * S, 0, [{ series: cpu(), values: [1] }], false)], T0 + 50 * S)
    await stage.server.admin.del(`{tm:p0}:w:${T0 + 50 * S}`)
    expect(await covered(reader)).toBe(0)
    await closeWindow(feed, 5)
    expect(await covered(reader)).toBe(0)
  })

  test('the index of a partition', async () => {
    await stage.server.admin.del('{tm:p0}:index')
    expect(await covered(reader)).toBeUndefined()
    expect(await starts(reader)).toEqual([])
    await expect(closeWindow(feed, 5)).rejects.toThrow(unavailable)
  })

  test.each(['m', 's'])('the series of a feed (%s)', async (kind) => {
    await stage.server.admin.del(await onlyKey(`{tm:p0}:${kind}:*`))
    expect(await covered(reader)).toBe(50)
    await expect(readAll(await stage.view(), everything())).rejects.toThrow(unavailable)
    await expect(closeWindow(feed, 5)).rejects.toThrow(unavailable)
    await closeWindow(await view.follow(0, T0 + 60 * S), 6)
    expect(await covered(reader)).toBe(60)
  })

  test('what it had acknowledged, by going over to a server that lags behind', async () => {
    await stage.server.admin.hset('{tm:p0}:index', 'through', T0 + 40 * S)
    await stage.server.admin.hdel('{tm:p0}:index', String(T0 + 40 * S))
    await expect(closeWindow(feed, 5)).rejects.toThrow(unavailable)
    await view.follow(0, T0 + 60 * S)
    expect(await covered(reader)).toBe(60)
  })

  test('series that it had acknowledged, by going over to a server that lags behind', async () => {
    await feed.put([batch(T0 + 50 * S, 0, [{ series: memory(), values: [1] }], false)], T0 + 50 * S)
    await stage.server.admin.hset(await onlyKey('{tm:p0}:m:*'), '', 1)
    await expect(closeWindow(feed, 5)).rejects.toThrow(unavailable)
  })

  test('under pressure, whatever it evicts: all that it still covers is there', async () => {
    const { admin } = stage.server
    const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1])
    await admin.config('SET', 'maxmemory-policy', 'allkeys-random', 'maxmemory', used + 80_000)
    const readings = Array.from({ length: 200 }, (_, i) => ({ series: cpu({ host: `h${i}` }), values: [i] }))
    let follower: LiveFeed | undefined
    let compared = 0
    for (let i = 5; i < 45; i++) {
      const put = async () => {
        follower ??= await view.follow(0, T0 + i * 10 * S)
        await follower.put([batch(T0 + i * 10 * S, 0, readings)], T0 + (i + 1) * 10 * S)
      }
      await put().catch(() => {
        follower = undefined
      })
      const before = await covered(reader)
      if (before === undefined) continue
      // A reading that finds something gone half-way ends with an error: the hot store answers.
      const found = await starts(reader, before).catch(() => undefined)
      const from = await covered(reader)
      if (found === undefined || from === undefined) continue
      const promised = range(Math.max(50, from), (i + 1) * 10, 10)
      for (const start of promised) expect(found.filter((one) => one === start)).toHaveLength(readings.length)
      compared += promised.length
    }
    expect(await admin.info('stats')).toMatch(/evicted_keys:[1-9]/)
    expect(compared).toBeGreaterThan(0)
  })
})

const range = (from: number, to: number, step: number) =>
  Array.from({ length: Math.max(0, (to - from) / step) }, (_, i) => from + i * step)
