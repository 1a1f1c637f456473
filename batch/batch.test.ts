import { afterEach, expect, test } from 'vitest'
import { mergeAcross } from '../schemas/aggregates/index.js'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { alignDown } from '../schemas/time.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import { at, BLOCK, expected, GRACE, HOUR, MINUTE, mixedPoints, NOON, read } from '../test/law/batch-points.js'
import { type BatchStage, openStage, recordOf, STAGE_START, type StageOptions } from '../test/law/batch-stage.js'
import { foldInOrder } from '../test/law/points.js'
import { differences } from '../test/law/windows-equal.js'
import { archiveStatus } from './status.js'

let stage: BatchStage
afterEach(() => stage.close())

async function open(options?: StageOptions): Promise<BatchStage> {
  stage = await openStage(options)
  return stage
}

test('a block seals once its points are archived, and every tier says what the points say', async () => {
  await open()
  const points = mixedPoints(BLOCK, BLOCK + 10 * MINUTE)
  for (let i = 0; i < points.length; i += 300) await stage.send(points.slice(i, i + 300))
  expect((await stage.work.sealReady()).sealed).toEqual([])
  stage.now = NOON.endMs + GRACE
  expect((await stage.work.sealReady()).sealed).toEqual([BLOCK])
  expect(await stage.view.snapshot()).toMatchObject({ frontierMs: NOON.endMs, epoch: 2, blockMs: 10 * MINUTE })
  for (const tier of ['10s', '1m', '5m'] as const)
    expect(differences(expected(points, tier), await read(stage, tier, NOON))).toEqual([])
  expect((await read(stage, '1h', NOON)).length).toBe(0)
})

test('a block waits for a partition whose points are not archived yet', async () => {
  await open()
  await stage.archive.stop()
  await stage.log.append('tidemark.points', [{ partition: 1, value: new Uint8Array(8) }])
  stage.now = NOON.endMs + GRACE
  expect((await stage.work.sealReady()).sealed).toEqual([])
})

test('a late point makes the block dirty; its recompute is generation 2, and the old epoch still says what it said', async () => {
  await open()
  const points = [at(0, BLOCK + 1000, 5)]
  await stage.send(points)
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  const before = await stage.view.snapshot()
  const late = [at(0, BLOCK + 4000, 9), at(2, BLOCK + 4000, 1)]
  await stage.send(late)
  expect(await stage.view.blocks(before, NOON)).toEqual([{ startMs: BLOCK, generation: 1, files: 1, dirty: true }])
  expect(await stage.work.dirtyReady()).toEqual([])
  stage.now += 30_000
  expect(await stage.work.dirtyReady()).toEqual([BLOCK])
  expect(await stage.work.recomputeBlock(BLOCK)).toEqual({ generation: 2, epoch: 3, points: 3 })
  expect(await stage.work.dirtyReady()).toEqual([])
  expect(differences(expected([...points, ...late]), await read(stage, '10s', NOON))).toEqual([])
  expect(differences(expected(points), await read(stage, '10s', NOON, before.epoch))).toEqual([])
  expect(await stage.view.blocks(await stage.view.snapshot(), NOON)).toEqual([
    { startMs: BLOCK, generation: 2, files: 1, dirty: false },
  ])
})

test('data from before the origin is recomputed like any late data, its hour and day included', async () => {
  await open()
  const old = BLOCK - 50 * HOUR
  const points = [at(0, old + 1000, 5), at(0, old + 61_000, 7)]
  await stage.send(points)
  stage.now += 120_000
  const block = alignDown(old, 10 * MINUTE)
  expect(await stage.work.dirtyReady()).toEqual([block])
  expect(await stage.work.recomputeBlock(block)).toMatchObject({ generation: 2 })
  const range = { startMs: alignDown(old, 24 * HOUR), endMs: alignDown(old, 24 * HOUR) + 24 * HOUR }
  expect(differences(expected(points, '1h'), await read(stage, '1h', range))).toEqual([])
  const day = await read(stage, '1d', range)
  expect([day.length, day.count[0], day.sum[0], day.increase[0]]).toEqual([1, 2, 12, 2])
})

test('an hour is there once its last block is sealed, and follows a late point of any of its blocks', async () => {
  await open()
  const hour = { startMs: alignDown(BLOCK, HOUR), endMs: alignDown(BLOCK, HOUR) + HOUR }
  const points = mixedPoints(BLOCK, BLOCK + HOUR)
  for (let i = 0; i < points.length; i += 1000) await stage.send(points.slice(i, i + 1000))
  stage.now = hour.endMs - 10 * MINUTE + GRACE
  await stage.work.sealReady()
  expect((await read(stage, '1h', hour)).length).toBe(0)
  stage.now = hour.endMs + GRACE
  await stage.work.sealReady()
  expect(differences(expected(points, '1h'), await read(stage, '1h', hour))).toEqual([])
  const late = at(3, BLOCK + 15 * MINUTE, 1e6)
  await stage.send([late])
  await stage.work.recomputeBlock(BLOCK + 10 * MINUTE)
  expect(differences(expected([...points, late], '1h'), await read(stage, '1h', hour))).toEqual([])
}, 120_000)

test('blocks shorter than a minute fill the minute only when all of them are sealed', async () => {
  await open({ length: '20s', retention: { hot: '1h' } })
  const minute = { startMs: alignDown(STAGE_START, MINUTE), endMs: alignDown(STAGE_START, MINUTE) + MINUTE }
  const points = mixedPoints(minute.startMs, minute.endMs)
  await stage.send(points)
  stage.now = minute.startMs + 40_000 + GRACE
  await stage.work.sealReady()
  expect(
    differences(
      expected(points.filter((point) => point.timeMs <= minute.startMs + 40_000)),
      await read(stage, '10s', minute),
    ),
  ).toEqual([])
  expect((await read(stage, '1m', minute)).length).toBe(0)
  stage.now = minute.endMs + GRACE
  await stage.work.sealReady()
  expect(differences(expected(points, '1m'), await read(stage, '1m', minute))).toEqual([])
})

test('an archive that was killed goes on where its last transaction ended', async () => {
  await open()
  await stage.send([at(0, BLOCK + 1000, 5)])
  await stage.log.append('tidemark.points', [])
  await stage.log.append('tidemark.points', [{ partition: 0, value: recordOf([at(2, BLOCK + 2000, 3)], stage.now) }])
  await stage.log.feed()
  // Killed here: the second record was taken, but not flushed.
  await stage.restartArchive()
  await stage.log.feed()
  await stage.archive.flush()
  expect(await archiveStatus(stage.catalog, stage.log, () => stage.now)).toMatchObject({
    rawPoints: 2,
    rawFiles: 2,
    lagMs: 0,
  })
})

test('a damaged record goes to the dead-letter topic and the stream goes on', async () => {
  await open()
  await stage.log.append('tidemark.points', [{ partition: 1, value: new TextEncoder().encode('not a record') }])
  await stage.send([at(0, BLOCK + 1000, 5)], 1)
  expect(stage.errors[0]).toMatchObject({
    code: 'TM_RECORD_DAMAGED',
    details: { topic: 'tidemark.points', partition: 1, offset: 0 },
  })
  expect(new TextDecoder().decode(stage.log.dead[0])).toContain('not a record')
  expect((await archiveStatus(stage.catalog, stage.log, () => stage.now)).rawPoints).toBe(1)
})

test('two recomputes of one block at once publish one after the other', async () => {
  await open()
  await stage.send([at(0, BLOCK + 1000, 5)])
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  const both = await Promise.all([stage.work.recomputeBlock(BLOCK), stage.work.recomputeBlock(BLOCK)])
  expect(both.map((one) => one.generation).sort()).toEqual([2, 3])
  expect((await read(stage, '10s', NOON)).length).toBe(1)
})

test('a recompute that dies before it publishes changes nothing, and its objects are swept', async () => {
  await open()
  await stage.send([at(0, BLOCK + 1000, 5)])
  const put = stage.objects.put.bind(stage.objects)
  stage.objects.put = async (key, path) => {
    if (key.startsWith('tiers/5m')) throw new Error('killed')
    await put(key, path)
  }
  stage.now = NOON.endMs + GRACE
  await expect(stage.work.sealReady()).rejects.toThrow('killed')
  expect(await stage.view.snapshot()).toMatchObject({ epoch: 1, frontierMs: BLOCK })
  stage.objects.put = put
  stage.now = Date.now() + 2 * HOUR
  expect((await stage.work.sweep()).orphansRemoved).toBe(2)
  stage.now = NOON.endMs + GRACE
  expect((await stage.work.sealReady()).sealed).toEqual([BLOCK])
})

test('a rollup merges its sources at 10 s, and a source that is not kept has no windows', async () => {
  await open({ rollups: [{ match: 'reading', by: ['region'], keep_source: false }] })
  const hosts = ['a', 'b', 'c'].map((host) => Series.of('reading', { host, region: 'north' }, Kind.Sample))
  const points = hosts.flatMap((series, i) =>
    [1, 3000, 3000 + i, 10_000, 15_000].map((offset) => ({
      series,
      timeMs: BLOCK + offset,
      value: 10 * i + offset / 1000,
    })),
  )
  await stage.send(points)
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  const windows = await read(stage, '10s', NOON)
  const derived = Series.of('reading:by_region', { region: 'north' }, Kind.EventTimer)
  expect([...new Set(windows.series.map(String))]).toEqual([String(derived)])
  const merged = new WindowColumns()
  for (const start of [BLOCK, BLOCK + 10_000]) merged.push(derived, start)
  for (const series of hosts) {
    const own = points
      .filter((point) => point.series === series)
      .map((point) => ({ ...point, series: 0, stale: false, weight: 1 }))
    const folded = foldInOrder(own, 0, 10_000)
    for (let row = 0; row < folded.length; row++) mergeAcross(merged, folded.start[row] === BLOCK ? 0 : 1, folded, row)
  }
  merged.settle()
  expect(differences(merged, windows)).toEqual([])
  expect((await read(stage, '5m', NOON)).count[0]).toBe(14)
})
