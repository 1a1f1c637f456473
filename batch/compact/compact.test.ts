import { afterEach, expect, test } from 'vitest'
import { Kind } from '../../schemas/points.js'
import { Series } from '../../schemas/series/series.js'
import { alignDown, TIER_MS, type Tier } from '../../schemas/time.js'
import type { WindowColumns } from '../../schemas/windows/columns.js'
import { HOUR, MINUTE, read } from '../../test/law/batch-points.js'
import { type BatchStage, openStage, type SentPoint } from '../../test/law/batch-stage.js'
import { differences } from '../../test/law/windows-equal.js'

const DAY = TIER_MS['1d']
/** A whole day before the stage's origin: its blocks are recomputed as late data. */
const START = Date.UTC(2025, 0, 14)
const RANGE = { startMs: START, endMs: START + DAY }
const SERIES = ['a', 'b'].map((host) => Series.of('load', { host }, Kind.Sample))
const TIERS: readonly Tier[] = ['10s', '1m', '5m', '1h']

let stage: BatchStage
afterEach(() => stage.close())

const point = (timeMs: number, value: number, host = 0): SentPoint => ({ series: SERIES[host], timeMs, value })

/** Sends points and recomputes the blocks that they made dirty. */
async function settle(points: readonly SentPoint[]): Promise<void> {
  await stage.send(points)
  stage.now += 2 * MINUTE
  for (const startMs of await stage.work.dirtyReady()) await stage.work.recomputeBlock(startMs)
}

/** Every tier's windows, in order. */
async function everything(epoch?: number): Promise<Map<Tier, WindowColumns>> {
  const all = new Map<Tier, WindowColumns>()
  for (const tier of [...TIERS, '1d' as const]) all.set(tier, await read(stage, tier, RANGE, epoch))
  return all
}

function expectSame(found: Map<Tier, WindowColumns>, wanted: Map<Tier, WindowColumns>): void {
  for (const [tier, windows] of wanted)
    expect([tier, ...differences(windows, found.get(tier) as WindowColumns)]).toEqual([tier])
}

async function filesOf(tier: Tier): Promise<number> {
  const rows = await stage.catalog.db
    .selectFrom('tier_files')
    .select('id')
    .where('tier', '=', tier)
    .where('epoch_to', 'is', null)
    .execute()
  return rows.length
}

test('compacting a day changes no answer: not now, not at an older epoch, and not once a late point comes', async () => {
  stage = await openStage()
  const offsets = [1000, 12_000, 10 * MINUTE + 1, HOUR, HOUR + 70_000, 5 * HOUR + 3000]
  await settle(offsets.flatMap((offset, i) => [point(START + offset, i), point(START + offset + 500, 2 * i, 1)]))
  const before = await everything()
  const { epoch } = await stage.view.snapshot()
  expect(await filesOf('10s')).toBe(5)

  expect((await stage.work.sweep()).filesCompacted).toBeGreaterThan(0)
  for (const tier of TIERS) expect(await filesOf(tier)).toBe(1)
  expectSame(await everything(), before)
  expectSame(await everything(epoch), before)
  const blocks = await stage.view.blocks(await stage.view.snapshot(), RANGE)
  expect(blocks.map(({ startMs }) => (startMs - START) / MINUTE)).toEqual([0, 10, 50, 60, 300])
  expect((await stage.work.sweep()).filesCompacted).toBe(0)

  const compacted = await stage.view.snapshot()
  const late = [point(START + 15_000, 40), point(START + HOUR + 71_000, 41), point(START + 7 * HOUR, 42)]
  await settle(late)
  expectSame(await everything(compacted.epoch), before)
  const corrected = await everything()
  for (const [tier, windows] of corrected) {
    expect(
      windows.count.subarray(0, windows.length).reduce((sum, count) => sum + count, 0),
      tier,
    ).toBe(2 * offsets.length + late.length)
  }

  stage.now += 2 * MINUTE
  expect((await stage.work.sweep()).filesCompacted).toBeGreaterThan(0)
  expectSame(await everything(), corrected)
  expectSame(await everything(epoch), before)
}, 120_000)

test('the hours and days of sixteen days become one stretch, over which late blocks lie until they are several', async () => {
  stage = await openStage()
  const start = alignDown(START, 16 * DAY) - 16 * DAY
  const range = { startMs: start, endMs: start + 16 * DAY }
  const hours = (epoch?: number) => read(stage, '1h', range, epoch)
  const daysOf = async (tier: Tier) => {
    const spans = await stage.catalog.db
      .selectFrom('tier_files')
      .select(['span_start as startMs', 'span_end as endMs'])
      .where('tier', '=', tier)
      .where('epoch_to', 'is', null)
      .orderBy('span_start')
      .execute()
    return spans.map(({ startMs, endMs }) => (endMs - startMs) / DAY)
  }
  await settle(Array.from({ length: 16 }, (_, day) => point(start + day * DAY + 5000, day)))
  const before = await hours()
  const { epoch } = await stage.view.snapshot()

  expect((await stage.work.sweep()).filesCompacted).toBeGreaterThan(0)
  // From the first hour with points to the last one.
  expect(await daysOf('1h')).toEqual([15 + 1 / 24])
  expect(await daysOf('1d')).toEqual([16])
  expect(differences(before, await hours())).toEqual([])
  expect(differences(before, await hours(epoch))).toEqual([])
  expect((await stage.work.sweep()).filesCompacted).toBe(0)

  for (const [late, files] of [
    [1, 2],
    [2, 3],
    [3, 1],
  ]) {
    await settle([point(start + late * DAY + 7000, 40)])
    const corrected = await hours()
    expect(corrected.length).toBe(16)
    await stage.work.sweep()
    expect(differences(corrected, await hours())).toEqual([])
    expect(await daysOf('1h')).toHaveLength(files)
  }
}, 120_000)
