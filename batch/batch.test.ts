import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterEach, expect, test } from 'vitest'
import { mergeAcross } from '../schemas/aggregates/index.js'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { alignDown, type Tier, type TimeRange } from '../schemas/time.js'
import { WindowColumns } from '../schemas/windows/columns.js'
import { type BatchStage, openStage, type SentPoint, STAGE_START, type StageOptions } from '../test/law/batch-stage.js'
import { foldInOrder, LAW_SERIES, mergeInOrder } from '../test/law/points.js'
import { differences } from '../test/law/windows-equal.js'
import { archiveStatus, blocksStatus } from './status.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const BLOCK = alignDown(STAGE_START, 10 * MINUTE)
const NOON: TimeRange = { startMs: BLOCK, endMs: BLOCK + 10 * MINUTE }
/** Lateness and slack, and a bit. */
const GRACE = 31_000

let stage: BatchStage
afterEach(() => stage.close())

async function open(options?: StageOptions): Promise<BatchStage> {
  stage = await openStage(options)
  return stage
}

const at = (series: number, timeMs: number, value: number): SentPoint => ({ series: LAW_SERIES[series], timeMs, value })

/** What TypeScript says the windows of these points are. */
function expected(points: readonly SentPoint[], tier: '10s' | '1m' | '5m' | '1h' = '10s'): WindowColumns {
  const law = points.map((point) => ({
    series: LAW_SERIES.indexOf(point.series),
    timeMs: point.timeMs,
    value: point.value,
    stale: point.stale ?? false,
    weight: point.weight ?? 1,
  }))
  const lengths = { '10s': [], '1m': [MINUTE], '5m': [MINUTE, 5 * MINUTE], '1h': [MINUTE, 5 * MINUTE, HOUR] }[tier]
  return lengths.reduce((windows, length) => mergeInOrder(windows, length), foldInOrder(law, 0, 10_000))
}

async function read(tier: Tier, range: TimeRange, epoch?: number): Promise<WindowColumns> {
  const snapshot = await stage.view.snapshot(epoch)
  const all = new WindowColumns()
  for await (const windows of stage.view.read(snapshot, { ...range, tier }, [])) {
    for (let row = 0; row < windows.length; row++) all.pushRow(windows, row)
  }
  return all
}

function mixedPoints(fromMs: number, toMs: number): SentPoint[] {
  const points: SentPoint[] = []
  for (let timeMs = fromMs; timeMs < toMs; timeMs += 2500) {
    const n = (timeMs - BLOCK) / 2500
    points.push(at(0, timeMs, (n * 7) % 40), at(1, timeMs + 10, Math.sin(n) * 100), at(2, timeMs + 20, 1 + (n % 3)), at(3, timeMs + 20, 1.5 ** (n % 20)))
  }
  return points
}

test('a block seals once its points are archived, and every tier says what the points say', async () => {
  await open()
  const points = mixedPoints(BLOCK, BLOCK + 10 * MINUTE)
  for (let i = 0; i < points.length; i += 300) await stage.send(points.slice(i, i + 300))
  expect((await stage.work.sealReady()).sealed).toEqual([])
  stage.now = NOON.endMs + GRACE
  expect((await stage.work.sealReady()).sealed).toEqual([BLOCK])
  expect(await stage.view.snapshot()).toMatchObject({ frontierMs: NOON.endMs, epoch: 2, blockMs: 10 * MINUTE })
  for (const tier of ['10s', '1m', '5m'] as const) expect(differences(expected(points, tier), await read(tier, NOON))).toEqual([])
  expect((await read('1h', NOON)).length).toBe(0)
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
  expect(differences(expected([...points, ...late]), await read('10s', NOON))).toEqual([])
  expect(differences(expected(points), await read('10s', NOON, before.epoch))).toEqual([])
  expect(await stage.view.blocks(await stage.view.snapshot(), NOON)).toEqual([{ startMs: BLOCK, generation: 2, files: 1, dirty: false }])
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
  expect(differences(expected(points, '1h'), await read('1h', range))).toEqual([])
  const day = await read('1d', range)
  expect([day.length, day.count[0], day.sum[0], day.increase[0]]).toEqual([1, 2, 12, 2])
})

test('an hour is there once its last block is sealed, and follows a late point of any of its blocks', async () => {
  await open()
  const hour = { startMs: alignDown(BLOCK, HOUR), endMs: alignDown(BLOCK, HOUR) + HOUR }
  const points = mixedPoints(BLOCK, BLOCK + HOUR)
  for (let i = 0; i < points.length; i += 1000) await stage.send(points.slice(i, i + 1000))
  stage.now = hour.endMs - 10 * MINUTE + GRACE
  await stage.work.sealReady()
  expect((await read('1h', hour)).length).toBe(0)
  stage.now = hour.endMs + GRACE
  await stage.work.sealReady()
  expect(differences(expected(points, '1h'), await read('1h', hour))).toEqual([])
  const late = at(3, BLOCK + 15 * MINUTE, 1e6)
  await stage.send([late])
  await stage.work.recomputeBlock(BLOCK + 10 * MINUTE)
  expect(differences(expected([...points, late], '1h'), await read('1h', hour))).toEqual([])
}, 120_000)

test('blocks shorter than a minute fill the minute only when all of them are sealed', async () => {
  await open({ length: '20s', retention: { hot: '1h' } })
  const minute = { startMs: alignDown(STAGE_START, MINUTE), endMs: alignDown(STAGE_START, MINUTE) + MINUTE }
  const points = mixedPoints(minute.startMs, minute.endMs)
  await stage.send(points)
  stage.now = minute.startMs + 40_000 + GRACE
  await stage.work.sealReady()
  expect(differences(expected(points.filter((point) => point.timeMs < minute.startMs + 40_000)), await read('10s', minute))).toEqual([])
  expect((await read('1m', minute)).length).toBe(0)
  stage.now = minute.endMs + GRACE
  await stage.work.sealReady()
  expect(differences(expected(points, '1m'), await read('1m', minute))).toEqual([])
})

test('an archive that was killed goes on where its last transaction ended', async () => {
  await open()
  await stage.send([at(0, BLOCK + 1000, 5)])
  await stage.log.append('tidemark.points', [])
  const { recordOf } = await import('../test/law/batch-stage.js')
  await stage.log.append('tidemark.points', [{ partition: 0, value: recordOf([at(2, BLOCK + 2000, 3)], stage.now) }])
  await stage.log.feed()
  // Killed here: the second record was taken, but not flushed.
  await stage.restartArchive()
  await stage.log.feed()
  await stage.archive.flush()
  expect(await archiveStatus(stage.catalog, stage.log, () => stage.now)).toMatchObject({ rawPoints: 2, rawFiles: 2, lagMs: 0 })
})

test('a damaged record goes to the dead-letter topic and the stream goes on', async () => {
  await open()
  await stage.log.append('tidemark.points', [{ partition: 1, value: new TextEncoder().encode('not a record') }])
  await stage.send([at(0, BLOCK + 1000, 5)], 1)
  expect(stage.errors[0]).toMatchObject({ code: 'TM_RECORD_DAMAGED', details: { topic: 'tidemark.points', partition: 1, offset: 0 } })
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
  expect((await read('10s', NOON)).length).toBe(1)
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
  const points = hosts.flatMap((series, i) => [0, 3000, 3000 + i, 15_000].map((offset) => ({ series, timeMs: BLOCK + offset, value: 10 * i + offset / 1000 })))
  await stage.send(points)
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  const windows = await read('10s', NOON)
  const derived = Series.of('reading:by_region', { region: 'north' }, Kind.EventTimer)
  expect([...new Set(windows.series.map(String))]).toEqual([String(derived)])
  const merged = new WindowColumns()
  for (const start of [BLOCK, BLOCK + 10_000]) merged.push(derived, start)
  for (const series of hosts) {
    const own = points.filter((point) => point.series === series).map((point) => ({ ...point, series: 0, stale: false, weight: 1 }))
    const folded = foldInOrder(own, 0, 10_000)
    for (let row = 0; row < folded.length; row++) mergeAcross(merged, folded.start[row] === BLOCK ? 0 : 1, folded, row)
  }
  merged.settle()
  expect(differences(merged, windows)).toEqual([])
  expect((await read('5m', NOON)).count[0]).toBe(11)
})

test('the auditor finds what nothing explains, and only that', async () => {
  await open()
  const points = [at(0, BLOCK + 1000, 5), at(0, BLOCK + 11_000, 6), at(2, BLOCK + 1000, 1)]
  await stage.send(points)
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  stage.hot = expected(points)
  expect(await stage.work.auditBlock(BLOCK)).toEqual({ audited: true, pending: false, windows: 3, explained: 0, unexplained: 0 })

  await stage.send([at(0, BLOCK + 2000, 7)])
  await stage.ledger.record([{ partition: 0, offset: 1, seriesIds: Uint32Array.of(LAW_SERIES[0].idLow, LAW_SERIES[0].idHigh), windowStart: Float64Array.of(BLOCK), points: Uint32Array.of(1) }])
  await stage.work.recomputeBlock(BLOCK)
  expect(await stage.work.auditBlock(BLOCK)).toMatchObject({ explained: 1, unexplained: 0 })

  stage.hot.sum[1] += 1
  stage.hot.push(LAW_SERIES[3], BLOCK)
  expect(await stage.work.auditBlock(BLOCK)).toMatchObject({ explained: 1, unexplained: 2 })
  expect(await blocksStatus(stage.catalog, () => stage.now)).toMatchObject({ unexplainedDivergence: 2, audited: 1, latePoints: 1, sealed: 1 })
})

test('a ledger entry written again replaces itself, and is forgotten with what a restart reads again', async () => {
  await open()
  const entry = { partition: 0, offset: 7, seriesIds: Uint32Array.of(1, 2), windowStart: Float64Array.of(BLOCK + 20_000), points: Uint32Array.of(3) }
  await stage.ledger.record([entry])
  await stage.ledger.record([entry])
  expect(await stage.ledger.forBlock(BLOCK)).toEqual([{ idLow: 1, idHigh: 2, startMs: BLOCK + 20_000, points: 3 }])
  await stage.ledger.forget(0, 7)
  expect(await stage.ledger.forBlock(BLOCK)).toEqual([])
  expect((await blocksStatus(stage.catalog, () => stage.now)).latePoints).toBe(0)
})

test('a sweep drops superseded generations after a day, and the epoch then says so', async () => {
  await open()
  await stage.send([at(0, BLOCK + 1000, 5)])
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  await stage.work.recomputeBlock(BLOCK)
  stage.now += 24 * HOUR + 1
  expect((await stage.work.sweep()).filesDropped).toBe(3)
  await expect(stage.view.snapshot(2)).rejects.toMatchObject({ code: 'TM_QUERY_EPOCH' })
  expect((await read('10s', NOON)).length).toBe(1)
})

test('every Parquet file is readable by an independent reader, with field ids', async () => {
  await open()
  const points = mixedPoints(BLOCK, BLOCK + 2 * MINUTE)
  points.push({ ...at(0, BLOCK + 130_000, Number.NaN), stale: true }, { ...at(2, BLOCK + 130_000, 4), weight: 10 })
  await stage.send(points.slice(0, 50))
  await stage.send(points.slice(50))
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  const keys: string[] = []
  for await (const { key } of stage.objects.list('')) keys.push(key)
  expect(keys.filter((key) => key.startsWith('raw/')).length).toBe(3)
  for (const key of keys) {
    const file = await asyncBufferFromFile(await stage.objects.localPath(key))
    const { schema } = await parquetMetadataAsync(file)
    const rows = await parquetReadObjects({ file, compressors })
    expect(rows.length).toBeGreaterThan(0)
    const ids = new Map(schema.filter((column) => column.field_id !== undefined).map((column) => [column.field_id, column.name]))
    const columns = key.startsWith('raw/')
      ? ['series_id', 'metric', 'labels', 'ts', 'value', 'kind', 'shard', 'key', 'value', 'weight']
      : ['series_id', 'start', 'count', 'sum', 'min', 'max', 'first', 'first_ts', 'last', 'last_ts', 'increase', 'sketch', 'scale', 'zero_count', 'zero_threshold', 'pos_index', 'pos', 'element', 'neg_index', 'neg', 'element', 'shard', 'stale', 'element', 'element']
    expect([...ids].sort((a, b) => Number(a[0]) - Number(b[0])).map(([, name]) => name)).toEqual(columns)
    const compacted = rows.length === points.length && key.includes('/all-')
    if (compacted) expect(rows.at(-1)).toBeDefined()
    const time = schema.find((column) => column.name === (key.startsWith('raw/') ? 'ts' : 'start'))
    expect(time?.logical_type).toMatchObject({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' })
  }
  const windows = keys.find((key) => key.startsWith('tiers/10s')) ?? ''
  const read10s = await parquetReadObjects({ file: await asyncBufferFromFile(await stage.objects.localPath(windows)), compressors })
  const reading = read10s.find((row) => row.series_id === LAW_SERIES[0].id)
  expect(reading).toMatchObject({ count: 4, sum: 42, min: 0, max: 21, increase: 21 })
})
