import { afterEach, describe, expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { eventually } from '../contract/eventually.js'
import { batch, cpu, everything, readAll, T0 } from '../contract/window-fixtures.js'
import { closeWindow, covered, fed, RedisStage, S, starts, unavailable } from './redis-stage.js'

let stage: RedisStage

afterEach(() => stage.close())

describe('who feeds', () => {
  test('two processes feed their partitions, and a third reads what both have', async () => {
    stage = await RedisStage.open()
    const [one, two, reader] = [
      await stage.view({ partitions: 2 }),
      await stage.view({ partitions: 2 }),
      await stage.view(),
    ]
    const first = await one.follow(0, T0)
    expect(await covered(reader)).toBeUndefined()
    const second = await two.follow(1, T0 + 20 * S)
    expect(await covered(reader)).toBe(20)
    const [a, b] = [cpu({ host: 'a' }), cpu({ host: 'b' })]
    await first.put([batch(T0 + 20 * S, 0, [{ series: a, values: [1] }])], T0 + 30 * S)
    await second.put([batch(T0 + 20 * S, 1, [{ series: b, values: [2] }])], T0 + 30 * S)
    const windows = await readAll(reader, everything())
    expect(Object.keys(windows).sort()).toEqual(['cpu{host="a"} @ 20000', 'cpu{host="b"} @ 20000'])
    expect((await reader.series(everything())).map(String).sort()).toEqual(['cpu{host="a"}', 'cpu{host="b"}'])
    await one.close()
    expect(await covered(reader)).toBe(20)
  })

  test('and is cut off from a Redis that others still read is found out', async () => {
    stage = await RedisStage.open()
    const line = await stage.line()
    const [view, reader] = [await stage.view({ partitions: 1 }, line.url), await stage.view()]
    const feed = await fed(view, 3)
    line.cut()
    await expect(closeWindow(feed, 3)).rejects.toThrow(unavailable)
    await eventually(async () => expect(await covered(reader)).toBeUndefined(), 15_000)
    line.mend()
    await eventually(async () => void (await view.follow(0, T0 + 40 * S)), 15_000)
    expect(await covered(reader)).toBe(40)
  })

  test('and dies before it could say what it had closed leaves a gap that the next one reports', async () => {
    stage = await RedisStage.open()
    const line = await stage.line()
    const [dying, next, reader] = [
      await stage.view({ partitions: 1 }, line.url),
      await stage.view({ partitions: 1 }),
      await stage.view(),
    ]
    const feed = await fed(dying, 3)
    line.cut()
    await expect(closeWindow(feed, 3)).rejects.toThrow(unavailable)
    await dying.close()
    // What it committed says that the fourth window is closed.
    const taken = await next.follow(0, T0 + 40 * S)
    expect(await covered(reader)).toBe(40)
    await closeWindow(taken, 4)
    expect(await covered(reader)).toBe(40)
  })

  test('and dies without a gap leaves all of it to the next one', async () => {
    stage = await RedisStage.open()
    const [dying, next, reader] = [
      await stage.view({ partitions: 1 }),
      await stage.view({ partitions: 1 }),
      await stage.view(),
    ]
    await fed(dying, 3)
    await dying.close()
    await closeWindow(await next.follow(0, T0 + 30 * S), 3)
    expect(await covered(reader)).toBe(0)
    expect(await starts(reader)).toEqual([0, 10, 20, 30])
  })

  test('with many metrics at once has each of them read by its name', async () => {
    stage = await RedisStage.open()
    const view = await stage.view({ partitions: 1 })
    const feed = await view.follow(0, T0)
    const readings = Array.from({ length: 50_000 }, (_, i) => ({
      series: Series.of(`metric_${i}`, {}, Kind.Sample),
      values: [i],
    }))
    await feed.put([batch(T0, 0, readings)], T0 + 10 * S)
    const found = await readAll(view, everything(['__name__', '=', 'metric_49999']))
    expect(Object.values(found).map(({ last }) => last)).toEqual([49_999])
    const some = await readAll(view, everything(['__name__', '=~', 'metric_123..']))
    expect(Object.keys(some)).toHaveLength(100)
  })

  test('with series that come and go begins them anew, and all are found', async () => {
    stage = await RedisStage.open()
    const view = await stage.view({ partitions: 1 })
    const feed = await view.follow(0, T0 - 3600 * S)
    const pods = (from: number) =>
      Array.from({ length: 8000 }, (_, i) => ({ series: cpu({ pod: `${from + i}` }), values: [i] }))
    await feed.put([batch(T0 - 3600 * S, 0, pods(0))], T0 - 3590 * S)
    await feed.put([batch(T0 - 1800 * S, 0, pods(8000))], T0 - 1790 * S)
    await feed.put([batch(T0, 0, pods(16_000))], T0 + 10 * S)
    expect(await stage.server.admin.keys('{tm:p0}:m:*')).toHaveLength(2)
    expect(await covered(view)).toBe(-3600)
    const matchers = [{ name: 'pod', op: '=~' as const, value: '7|8007|16007' }]
    const found = await readAll(view, { startMs: T0 - 7200 * S, endMs: T0 + 3600 * S, matchers })
    expect(Object.values(found).map(({ last }) => last)).toEqual([7, 7, 7])
    await view.trim(T0 - 900 * S)
    expect(await stage.server.admin.keys('{tm:p0}:m:*')).toHaveLength(1)
    expect(await starts(view)).toHaveLength(8000)
  })
})

describe('a Redis whose memory is full', () => {
  test('takes no windows and says so, is trusted no more, makes room by trimming, and goes on', async () => {
    stage = await RedisStage.open('--maxmemory-policy', 'noeviction')
    const told: string[] = []
    const view = await stage.view({
      partitions: 1,
      onFed: (partition, isFed) => void told.push(`${partition} ${isFed}`),
    })
    const reader = await stage.view()
    const feed = await fed(view, 5)
    await stage.server.admin.config('SET', 'maxmemory', 1)
    await expect(closeWindow(feed, 5)).rejects.toThrow(
      expect.objectContaining({ code: 'TM_LIVEVIEW_UNAVAILABLE', message: expect.stringContaining('OOM') }),
    )
    await expect(view.follow(0, T0 + 60 * S)).rejects.toThrow(unavailable)
    expect(await covered(reader)).toBeUndefined()
    expect(await starts(reader)).toEqual([0, 10, 20, 30, 40])
    expect(told).toEqual(['0 true', '0 false'])
    await view.trim(T0 + 30 * S)
    expect(await starts(reader)).toEqual([30, 40])
    await stage.server.admin.config('SET', 'maxmemory', 0)
    await closeWindow(await view.follow(0, T0 + 60 * S), 6)
    expect(await covered(reader)).toBe(60)
    expect(told).toEqual(['0 true', '0 false', '0 true'])
  })
})
