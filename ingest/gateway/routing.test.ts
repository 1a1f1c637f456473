import { expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { decodeRecord } from '../../schemas/log/record.js'
import { Kind } from '../../schemas/points.js'
import type { Layout } from '../../schemas/ports/layouts.js'
import { Series } from '../../schemas/series/series.js'
import { seriesPartition } from '../routing/partition.js'
import { MemoryLog } from '../testing/memory-log.js'
import { createGateway } from './gateway.js'

const T = 1_767_225_600_000
const before: Layout = { fromMs: 0, partitions: 4, splits: {} }
const after: Layout = { fromMs: T, partitions: 5, splits: { hot: 5 } }
const hosts = Array.from({ length: 20 }, (_, i) => `h${i}`)

/** A gateway, and where the points that it takes go. */
function open(nowMs: number, layouts: readonly Layout[]) {
  const clock = { nowMs }
  const log = new MemoryLog()
  const { limits } = loadConfig({ env: {} })
  const gateway = createGateway({ log, layouts, limits, policies: [], clock: () => clock.nowMs })
  const send = async (...times: number[]) => {
    const request = gateway.open()
    for (const host of hosts) {
      const handle = request.series('hot', [['host', host]], Kind.Sample)
      for (const timeMs of times) request.add(handle, timeMs, timeMs - T, 1)
    }
    return request.commit()
  }
  return { clock, log, gateway, send }
}

/** `host@time` of every point, by partition. */
function placed(log: MemoryLog): Map<string, number> {
  const places = new Map<string, number>()
  for (const { partition, value } of log.appended) {
    const record = decodeRecord(value)
    for (let i = 0; i < record.pointCount; i++) {
      const series = Series.fromCanonical(record.canonical(record.seriesIndex[i]))
      const host = series.labels.find(([name]) => name === 'host')?.[1]
      const key = `${host}@${record.baseMs + record.timeDelta[i] - T}`
      expect(places.has(key)).toBe(false)
      expect(record.value[i]).toBe(record.baseMs + record.timeDelta[i] - T)
      places.set(key, partition)
    }
  }
  return places
}

const partitionOfHost = (host: string, layout: Layout) =>
  seriesPartition('hot', Series.of('hot', { host }, Kind.Sample).idLow, layout)

test('points of one request on both sides of the border between layouts go each by its own', async () => {
  for (const nowMs of [T - 5000, T + 5000]) {
    const { log, send } = open(nowMs, [before, after])
    await send(T - 1, T, T + 1, T - 2, T + 2)
    const places = placed(log)
    for (const host of hosts) {
      for (const at of [-2, -1, 0]) expect(places.get(`${host}@${at}`)).toBe(partitionOfHost(host, before))
      for (const at of [1, 2]) expect(places.get(`${host}@${at}`)).toBe(partitionOfHost(host, after))
    }
  }
})

test('a layout that is learned of later changes nothing before its time, and everything after', async () => {
  const { clock, log, gateway, send } = open(T - 60_000, [before])
  await send(T - 61_000)
  gateway.follow([before, after])
  await send(T - 60_500)
  clock.nowMs = T + 60_000
  gateway.follow([before, after])
  await send(T + 50_000, T - 50_000)
  const places = placed(log)
  for (const host of hosts) {
    for (const at of [-61_000, -60_500, -50_000])
      expect(places.get(`${host}@${at}`)).toBe(partitionOfHost(host, before))
    expect(places.get(`${host}@50000`)).toBe(partitionOfHost(host, after))
  }
})

test('tells which metrics brought how many points since it was last asked', async () => {
  const { gateway, send } = open(T, [before])
  await send(T - 1, T - 2)
  expect([...gateway.takeTraffic()]).toEqual([['hot', 40]])
  expect([...gateway.takeTraffic()]).toEqual([])
})
