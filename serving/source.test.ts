import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../schemas/errors.js'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import type { MergedQuery } from './merged-query.js'
import { createSeriesSource, type OpenOptions } from './source.js'
import { type FakeOptions, fakeViews, type TestPoint } from './testing/fake-views.js'
import type { Views } from './views.js'

const T0 = Date.parse('2026-03-01T00:00:00Z')
const MINUTE = 60_000
const LATENCY = Series.of('api_latency', { host: 'a' }, Kind.EventTimer)
const UP = Series.of('up', { host: 'a' }, Kind.Sample)
const NOW = T0 + 40 * MINUTE

/** A point each 10 s for 40 min, sealed up to 20 min, live from 30 min. */
const points: TestPoint[] = Array.from({ length: 240 }, (_, i) => [
  { series: UP, timeMs: T0 + i * 10_000, value: i },
  { series: LATENCY, timeMs: T0 + i * 10_000 + 1, value: i },
]).flat()

const views = (change: Partial<FakeOptions> = {}) =>
  fakeViews({ points, frontierMs: T0 + 20 * MINUTE, coveredFromMs: T0 + 30 * MINUTE, nowMs: NOW, ...change })

async function read(of: Views, metric: string, range = { startMs: T0, endMs: NOW }, options?: OpenOptions) {
  const query = await createSeriesSource(of).open(options)
  return { query, series: await select(query, metric, range) }
}

async function select(query: MergedQuery, metric: string, range = { startMs: T0, endMs: NOW }) {
  const series: { name: string; points: number; last: number | undefined }[] = []
  for await (const one of query.select([{ name: '__name__', op: '=', value: metric }], range, { stepMs: 0 })) {
    series.push({ name: one.labels[0][1], points: one.timeMs.length, last: one.value.at(-1) })
  }
  return series
}

const minutes = ({ query }: { query: MergedQuery }) =>
  query.coverage.map(
    ({ view, startMs, endMs }) => `${view} ${(startMs - T0) / MINUTE}-${Math.round((endMs - T0) / MINUTE)}`,
  )

describe('an answer', () => {
  test('says which views it came from, at which epoch and tide line', async () => {
    const answer = await read(views(), 'up')
    expect(answer.series).toEqual([{ name: 'up', points: 239, last: 239 }])
    expect(minutes(answer)).toEqual(['batch 0-20', 'hot 20-30', 'live 30-40'])
    expect(answer.query.snapshot).toMatchObject({ epoch: 1, frontierMs: T0 + 20 * MINUTE })
    expect(answer.query.partialReasons.size).toBe(0)
  })
  test('is that of an older epoch where one is asked for', async () => {
    expect((await read(views(), 'up', undefined, { epoch: 5 })).query.snapshot.epoch).toBe(5)
  })
  test('for a suffix carries the name that was asked for', async () => {
    expect((await read(views(), 'api_latency:count')).series).toEqual([
      { name: 'api_latency:count', points: 240, last: 1 },
    ])
  })
  test('for a name that looks like a suffix but is stored is that metric', async () => {
    const stored = { series: Series.of('up:count', {}, Kind.Sample), timeMs: T0 + 5000, value: 42 }
    expect((await read(views({ points: [...points, stored] }), 'up:count')).series).toEqual([
      { name: 'up:count', points: 1, last: 42 },
    ])
  })
})

describe('a view that fails', () => {
  const broken = (view: 'batch' | 'hot' | 'live') => ({
    fail: (name: string) =>
      name === view ? new TidemarkError('TM_OBJECT_UNAVAILABLE', { key: 'k', reason: 'gone' }) : undefined,
  })
  test('leaves its part out, and the answer says why', async () => {
    const answer = await read(views(broken('batch')), 'up')
    expect(minutes(answer)).toEqual(['hot 20-30', 'live 30-40'])
    expect([...answer.query.partialReasons]).toEqual(['the batch view failed: object storage failed for k: gone'])
    expect(answer.series).toEqual([{ name: 'up', points: 119, last: 239 }])
  })
  test('if it is the live view, has its closed windows answered by the hot store', async () => {
    const answer = await read(views(broken('live')), 'up')
    expect(minutes(answer)).toEqual(['batch 0-20', 'hot 20-30', 'hot 30-40'])
    expect([...answer.query.partialReasons][0]).toContain('closed windows come from the hot store')
  })
  test('if it is the live view and hangs, leaves the hot store time to answer', async () => {
    const hanging = views({ limits: { queryMs: 400 } })
    hanging.live.read = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) })
    const answer = await read(hanging, 'up')
    expect(minutes(answer)).toEqual(['batch 0-20', 'hot 20-30', 'hot 30-40'])
    expect([...answer.query.partialReasons][0]).toContain('the live view did not answer in time; closed windows come')
  })
  test('to say what it covers is missed where unsealed windows are asked for, and only there', async () => {
    const silent = views()
    silent.live.coveredFromMs = async () => {
      throw new TidemarkError('TM_LIVEVIEW_UNAVAILABLE', { reason: 'refused' })
    }
    const answer = await read(silent, 'up')
    expect(minutes(answer)).toEqual(['batch 0-20', 'hot 20-40'])
    expect([...answer.query.partialReasons]).toEqual([
      'the live view failed: the live view cannot be reached: refused; closed windows come from the hot store, open ones are missing',
    ])
    const sealed = await read(silent, 'up', { startMs: T0, endMs: T0 + 10 * MINUTE })
    expect(sealed.query.partialReasons.size).toBe(0)
  })
  test('fails the query if no other part is left', async () => {
    const range = { startMs: T0, endMs: T0 + 10 * MINUTE }
    await expect(read(views(broken('batch')), 'up', range)).rejects.toThrow(
      expect.objectContaining({ code: 'TM_OBJECT_UNAVAILABLE' }),
    )
  })
  test('by not answering is given up while the others answer', async () => {
    const slow = views({ limits: { queryMs: 200 } })
    slow.hot.read = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      yield new WindowColumns()
    }
    const answer = await read(slow, 'up')
    expect(minutes(answer)).toEqual(['batch 0-20', 'live 30-40'])
    expect([...answer.query.partialReasons]).toEqual(['the hot view did not answer in time'])
  })
  test('with the catalog leaves the speed views to answer', async () => {
    const offline = views()
    offline.batch.snapshot = async () => {
      throw new TidemarkError('TM_CATALOG_UNAVAILABLE', { reason: 'refused' })
    }
    const answer = await read(offline, 'up', { startMs: T0 + 31 * MINUTE, endMs: NOW })
    expect(minutes(answer)).toEqual(['live 31-40'])
    expect([...answer.query.partialReasons]).toEqual(['the batch view failed: the catalog cannot be reached: refused'])
  })
})

test('a live view that dropped windows while it was read has them answered by the hot store', async () => {
  const trimmed = views()
  let asked = 0
  trimmed.live.coveredFromMs = async () => T0 + (asked++ === 0 ? 30 : 33) * MINUTE
  expect(minutes(await read(trimmed, 'up'))).toEqual(['batch 0-20', 'hot 20-30', 'hot 30-33', 'live 33-40'])
})

describe('a live view that nobody feeds', () => {
  const notFed = ['the live view is not fed at present; closed windows come from the hot store, open ones are missing']
  test('is not read, and the answer says so', async () => {
    const answer = await read(views({ coveredFromMs: undefined }), 'up')
    expect(minutes(answer)).toEqual(['batch 0-20', 'hot 20-40'])
    expect([...answer.query.warnings]).toEqual(notFed)
    expect(answer.query.partialReasons.size).toBe(0)
  })
  test('any more once it was read, has all of it answered by the hot store', async () => {
    const lost = views()
    let asked = 0
    lost.live.coveredFromMs = async () => (asked++ === 0 ? T0 + 30 * MINUTE : undefined)
    const answer = await read(lost, 'up')
    expect(minutes(answer)).toEqual(['batch 0-20', 'hot 20-30', 'hot 30-40'])
    expect([...answer.query.warnings]).toEqual(notFed)
  })
  test('does not matter where all is sealed', async () => {
    const answer = await read(views({ coveredFromMs: undefined }), 'up', { startMs: T0, endMs: T0 + 10 * MINUTE })
    expect(answer.query.warnings.size).toBe(0)
  })
})

describe('a speed layer that is behind', () => {
  const behind = [
    'the speed layer is behind: windows are complete up to 2026-03-01T00:35:00.000Z, later ones may lack points',
  ]
  const late = views({ completeThroughMs: T0 + 35 * MINUTE })
  test('is said where windows are asked for that should be closed by now', async () => {
    const answer = await read(late, 'up')
    expect([...answer.query.partialReasons]).toEqual(behind)
    const upTo = await read(late, 'up', { startMs: T0, endMs: T0 + 35 * MINUTE + 10_000 })
    expect([...upTo.query.partialReasons]).toEqual(behind)
  })
  test('is said of windows that are not closed where the live view is not read', async () => {
    const options = { coveredFromMs: NOW - 30_000, completeThroughMs: NOW - 15_000, closedThroughMs: T0 + 35 * MINUTE }
    expect([...(await read(views(options), 'up')).query.partialReasons]).toEqual(behind)
    const covered = await read(views({ ...options, coveredFromMs: T0 + 35 * MINUTE }), 'up')
    expect(covered.query.partialReasons.size).toBe(0)
  })
  test('does not matter to what is complete, nor to windows that may still be open', async () => {
    const earlier = await read(late, 'up', { startMs: T0, endMs: T0 + 35 * MINUTE })
    expect(earlier.query.partialReasons.size).toBe(0)
    const open = await read(views({ completeThroughMs: NOW - 30_000 }), 'up')
    expect(open.query.partialReasons.size).toBe(0)
  })
})

describe('limits', () => {
  const ten = { startMs: T0, endMs: T0 + 100_000 }
  test('as many samples as the limit allows are read, one more are not', async () => {
    expect((await read(views({ limits: { querySamples: 10 } }), 'up', ten)).series[0].points).toBe(10)
    await expect(read(views({ limits: { querySamples: 9 } }), 'up', ten)).rejects.toThrow(
      expect.objectContaining({ code: 'TM_QUERY_SAMPLES' }),
    )
  })
  test('as many series as the limit allows are selected, one more are not', async () => {
    const two = [UP, Series.of('up', { host: 'b' }, Kind.Sample)].map((series) => ({
      series,
      timeMs: T0 + 5000,
      value: 1,
    }))
    expect((await read(views({ points: two, limits: { querySeries: 2 } }), 'up')).series).toHaveLength(2)
    await expect(read(views({ points: two, limits: { querySeries: 1 } }), 'up')).rejects.toThrow(
      expect.objectContaining({ code: 'TM_QUERY_SERIES' }),
    )
  })
  test('a client that went away stops the reading', async () => {
    const client = new AbortController()
    const query = await createSeriesSource(views()).open({ signal: client.signal })
    client.abort()
    await expect(select(query, 'up')).rejects.toThrow(expect.objectContaining({ code: 'TM_QUERY_CANCELLED' }))
  })
})

describe('a long window with a value that is not finite', () => {
  const hours = { startMs: T0, endMs: T0 + 2 * 60 * MINUTE }
  const spoilt: TestPoint[] = Array.from({ length: 720 }, (_, i) => ({
    series: UP,
    timeMs: T0 + (i + 1) * 10_000,
    value: i === 400 ? Number.NaN : 1,
  }))
  const sealed = (change: Partial<FakeOptions> = {}) =>
    views({ points: spoilt, frontierMs: hours.endMs, nowMs: hours.endMs, coveredFromMs: undefined, ...change })
  async function rows(of: Views) {
    const query = await createSeriesSource(of).open()
    const hints = { stepMs: 60 * MINUTE, rangeMs: 60 * MINUTE, func: 'sum_over_time' }
    for await (const one of query.select([{ name: '__name__', op: '=', value: 'up' }], hours, hints)) {
      return { count: one.windows?.count, values: [...one.value], warnings: [...query.warnings] }
    }
    return undefined
  }
  test('is read from the 10 s windows in it, the others are not', async () => {
    const read = await rows(sealed())
    expect(read?.values).toHaveLength(361)
    expect([read?.count?.[0], read?.count?.[1], read?.values.filter(Number.isNaN).length]).toEqual([360, 1, 1])
    expect(read?.warnings).toEqual([])
  })
  test('is taken as it is where no finer ones are held, and the answer says so', async () => {
    const read = await rows(sealed({ heldFromMs: { '10s': hours.endMs } }))
    expect(read?.count).toEqual(new Float64Array([360, 359]))
    expect(read?.warnings[0]).toContain('some windows of 1h hold values that are not finite')
  })
})

describe('what is kept', () => {
  test('the sealed part is read once, the rest each time', async () => {
    const kept = views()
    const [first, second] = [await read(kept, 'up'), await read(kept, 'up')]
    expect(second.series).toEqual(first.series)
    expect(kept.reads).toEqual({ batch: 1, hot: 2, live: 2 })
  })
  test('a recompute makes the sealed part be read again at once', async () => {
    const kept = views()
    await read(kept, 'up')
    kept.generation.value = 2
    await read(kept, 'up')
    expect(kept.reads.batch).toBe(2)
  })
  test('the list of series is kept, but a new series of the live view is seen at once', async () => {
    const kept = views()
    const series = async () =>
      (await (await createSeriesSource(kept).open()).series({ startMs: T0, endMs: NOW }, [])).map(String)
    expect(await series()).toHaveLength(2)
    kept.live.series = async () => [Series.of('fresh', {}, Kind.Sample)]
    kept.hot.series = kept.batch.series = async () => []
    expect(await series()).toEqual(expect.arrayContaining(['up{host="a"}', 'fresh{}']))
  })
})
