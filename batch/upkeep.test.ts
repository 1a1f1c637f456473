import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterEach, expect, test } from 'vitest'
import { FIRST_STALE, LAST_STALE, NON_FINITE } from '../schemas/windows/columns.js'
import { at, BLOCK, expected, GRACE, HOUR, MINUTE, mixedPoints, NOON, read } from '../test/law/batch-points.js'
import { type BatchStage, openStage } from '../test/law/batch-stage.js'
import { LAW_SERIES } from '../test/law/points.js'
import { blocksStatus } from './status.js'

let stage: BatchStage
afterEach(() => stage.close())

async function open(): Promise<BatchStage> {
  stage = await openStage()
  return stage
}

test('the auditor finds what nothing explains, and only that', async () => {
  await open()
  const points = [at(0, BLOCK + 1000, 5), at(0, BLOCK + 11_000, 6), at(2, BLOCK + 1000, 1)]
  await stage.send(points)
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  stage.hot = expected(points)
  expect(await stage.work.auditBlock(BLOCK)).toEqual({
    audited: true,
    pending: false,
    windows: 3,
    explained: 0,
    unexplained: 0,
  })

  await stage.send([at(0, BLOCK + 2000, 7)])
  await stage.ledger.record([
    {
      partition: 0,
      offset: 1,
      seriesIds: Uint32Array.of(LAW_SERIES[0].idLow, LAW_SERIES[0].idHigh),
      windowStart: Float64Array.of(BLOCK),
      points: Uint32Array.of(1),
    },
  ])
  await stage.work.recomputeBlock(BLOCK)
  expect(await stage.work.auditBlock(BLOCK)).toMatchObject({ explained: 1, unexplained: 0 })

  stage.hot.sum[1] += 1
  stage.hot.push(LAW_SERIES[3], BLOCK)
  expect(await stage.work.auditBlock(BLOCK)).toMatchObject({ explained: 1, unexplained: 2 })
  expect(await blocksStatus(stage.catalog, () => stage.now)).toMatchObject({
    unexplainedDivergence: 2,
    audited: 1,
    latePoints: 1,
    sealed: 1,
  })
})

test('a ledger entry written again replaces itself, and is forgotten with what a restart reads again', async () => {
  await open()
  const entry = {
    partition: 0,
    offset: 7,
    seriesIds: Uint32Array.of(1, 2),
    windowStart: Float64Array.of(BLOCK + 20_000),
    points: Uint32Array.of(3),
  }
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
  expect((await read(stage, '10s', NOON)).length).toBe(1)
})

test('raw files are sorted by metric, series and time, compacted or not', async () => {
  await open()
  const points = mixedPoints(BLOCK, BLOCK + 2 * MINUTE).reverse()
  await stage.send(points.slice(0, 70))
  await stage.send(points.slice(70))
  stage.now = NOON.endMs + GRACE
  await stage.work.sealReady()
  for await (const { key } of stage.objects.list('raw/')) {
    const file = await asyncBufferFromFile(await stage.objects.localPath(key))
    const rows = (await parquetReadObjects({ file, compressors })) as { metric: string; series_id: bigint; ts: Date }[]
    const sorted = rows.toSorted(
      (a, b) =>
        (a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : 0) ||
        (a.series_id < b.series_id ? -1 : a.series_id > b.series_id ? 1 : 0) ||
        a.ts.getTime() - b.ts.getTime(),
    )
    expect(rows.map(({ series_id, ts }) => [series_id, ts])).toEqual(sorted.map(({ series_id, ts }) => [series_id, ts]))
  }
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
    const ids = new Map(
      schema.filter((column) => column.field_id !== undefined).map((column) => [column.field_id, column.name]),
    )
    const columns = key.startsWith('raw/')
      ? ['series_id', 'metric', 'labels', 'ts', 'value', 'kind', 'shard', 'key', 'value', 'weight']
      : [
          'series_id',
          'start',
          'count',
          'sum',
          'min',
          'max',
          'first',
          'first_ts',
          'last',
          'last_ts',
          'increase',
          'sketch',
          'scale',
          'zero_count',
          'zero_threshold',
          'pos_index',
          'pos',
          'element',
          'neg_index',
          'neg',
          'element',
          'shard',
          'stale',
          'element',
          'element',
        ]
    expect([...ids].sort((a, b) => Number(a[0]) - Number(b[0])).map(([, name]) => name)).toEqual(columns)
    const compacted = rows.length === points.length && key.includes('/all-')
    if (compacted) expect(rows.at(-1)).toBeDefined()
    const time = schema.find((column) => column.name === (key.startsWith('raw/') ? 'ts' : 'start'))
    expect(time?.logical_type).toMatchObject({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' })
  }
  const windows = keys.find((key) => key.startsWith('tiers/10s')) ?? ''
  const read10s = await parquetReadObjects({
    file: await asyncBufferFromFile(await stage.objects.localPath(windows)),
    compressors,
  })
  // A window without a finite value has no smallest one: NaN would spoil the column's statistics.
  const silent = read10s.find((row) => row.series_id === LAW_SERIES[0].id && row.count === 0)
  expect([silent?.min ?? null, silent?.max ?? null, silent?.stale]).toEqual([
    null,
    null,
    LAST_STALE | FIRST_STALE | NON_FINITE,
  ])
  const reading = read10s.find((row) => row.series_id === LAW_SERIES[0].id)
  expect(reading).toMatchObject({ count: 4, sum: 42, min: 0, max: 21, increase: 21 })
})
