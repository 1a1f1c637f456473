import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EmbeddedHotStore } from '../../adapters/embedded/hot-store.js'
import { encodeDictionary } from '../../schemas/log/dictionary.js'
import { encodeRecord } from '../../schemas/log/record.js'
import { Kind } from '../../schemas/points.js'
import type { Log, LogEntry, LogReader } from '../../schemas/ports/log.js'
import type { LiveView } from '../../schemas/ports/window-store.js'
import { Series } from '../../schemas/series/series.js'
import type { MergedQuery } from '../../serving/merged-query.js'
import { createSeriesSource } from '../../serving/source.js'
import { fakeViews } from '../../serving/testing/fake-views.js'
import { type SpeedLayer, startSpeedLayer } from '../../speed/speed-layer.js'
import { eventually } from '../contract/eventually.js'
import { scratchFolder } from '../contract/scratch-folder.js'
import { T0 } from '../contract/window-fixtures.js'
import { RedisStage } from './redis-stage.js'

const S = 1000
const up = Series.of('up', {}, Kind.Sample)

let stage: RedisStage
let hot: EmbeddedHotStore
let live: LiveView
let speed: SpeedLayer
let reader: LogReader
let commits: number
let errors: string[]
let nowMs: number
let offset: number

/** A speed layer over one partition, with Redis for a live view; what it reads is what the test gives it. */
beforeEach(async () => {
  stage = await RedisStage.open('--maxmemory-policy', 'noeviction')
  const folder = await scratchFolder()
  stage.closing(() => rm(folder, { recursive: true }))
  hot = new EmbeddedHotStore(folder)
  stage.closing(() => hot.close())
  live = await stage.view({ partitions: 1 })
  commits = 0
  errors = []
  nowMs = T0
  offset = 0
  const log = {
    append: async () => undefined,
    bounds: async () => [{ partition: 0, start: 0, end: offset }],
    consume: async (_topic: string, _group: string, given: LogReader) => {
      reader = given
      const commit = async () => void commits++
      return { commit, close: async () => undefined, ended: new Promise<void>(() => undefined) }
    },
  } as unknown as Log
  speed = await startSpeedLayer({
    log,
    hot,
    live,
    late: { record: async () => undefined, forget: async () => undefined },
    progress: { note: async () => undefined, forget: async () => undefined, complete: async () => undefined },
    rollups: [],
    rules: { latenessMs: 5 * S, idleAfterMs: 3600 * S },
    clock: () => nowMs,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onError: ({ message }) => void errors.push(message),
  })
  await reader.assign(0, undefined)
})
afterEach(() => stage.close())

/** One reading each 10 s; its window closes when the next one but one comes. */
async function send(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    nowMs = T0 + offset * 10 * S
    const value = encodeRecord({
      dictionary: encodeDictionary([up]),
      pointCount: 1,
      seriesIndex: Uint32Array.of(0),
      timeMs: Float64Array.of(nowMs),
      value: Float64Array.of(offset),
      receivedMs: nowMs,
    })
    const entry: LogEntry = { offset: offset++, appendedMs: nowMs, value }
    await reader.read(0, [entry])
  }
  await speed.flushProvisional()
  await speed.followClock()
}

/** All values of `up`, and the query that gave them. */
async function ask(): Promise<{ values: number[]; query: MergedQuery }> {
  const views = { ...fakeViews({ points: [], frontierMs: 0, nowMs }), hot, live }
  const query = await createSeriesSource(views).open()
  const values: number[] = []
  const range = { startMs: T0 - 10 * S, endMs: nowMs }
  for await (const series of query.select([{ name: '__name__', op: '=', value: 'up' }], range, { stepMs: 0 }))
    values.push(...series.value)
  return { values, query }
}

/** Every window that is closed, in order: the values are those of the readings. */
async function expectAllClosed(): Promise<MergedQuery> {
  const { values, query } = await ask()
  expect(values.slice(0, offset - 2)).toEqual(Array.from({ length: offset - 2 }, (_, i) => i))
  return query
}

const views = (query: MergedQuery) => query.coverage.map(({ view }) => view)
const notes = (query: MergedQuery) => [...query.warnings, ...query.partialReasons].join('\n')

test.each<[what: string, begin: () => Promise<unknown>, end: () => Promise<unknown>, said: string]>([
  [
    'whose memory is full',
    () => stage.server.admin.config('SET', 'maxmemory', 1),
    () => stage.server.admin.config('SET', 'maxmemory', 0),
    'the live view is not fed at present',
  ],
  ['that was killed', () => stage.server.kill(), () => stage.server.restart(), 'the live view cannot be reached'],
  [
    'that does not answer',
    async () => stage.server.pause(),
    async () => stage.server.resume(),
    'the live view cannot be reached',
  ],
])('a Redis %s holds no window up, and every answer is right and says what is missing', async (_, begin, end, said) => {
  await send(6)
  const before = await expectAllClosed()
  expect(views(before)).toEqual(['live'])
  expect(notes(before)).toBe('')
  const committed = commits

  await begin()
  await send(6)
  expect(commits).toBe(committed + 6)
  expect(errors).toHaveLength(1)
  const during = await expectAllClosed()
  expect(views(during)).toEqual(['hot'])
  expect(notes(during)).toContain(said)
  expect(notes(during)).toContain('closed windows come from the hot store, open ones are missing')

  await end()
  await eventually(async () => {
    await speed.followClock()
    expect(notes((await ask()).query)).toBe('')
  }, 20_000)
  await send(6)
  const after = await expectAllClosed()
  expect(views(after)).toEqual(['hot', 'live'])
  expect(notes(after)).toBe('')
  expect(errors).toHaveLength(1)
})

test('a Redis that lost everything is fed anew, and no answer misses a window meanwhile', async () => {
  await send(6)
  await stage.server.admin.flushall()
  expect(views(await expectAllClosed())).toEqual(['hot'])
  await send(3)
  expect(errors).toHaveLength(1)
  await send(3)
  expect(views(await expectAllClosed())).toEqual(['hot', 'live'])
})

test('open windows are seen before they close', async () => {
  await send(6)
  const { values } = await ask()
  expect(values).toEqual([0, 1, 2, 3, 4, 5])
})
