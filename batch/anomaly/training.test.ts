import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BatchStage, openStage } from '../../test/law/batch-stage.js'
import { DAY, dailyLoad, every5m, FIRST_DAY, load, other, passDays, young } from '../../test/law/daily-points.js'
import { CatalogPatterns } from '../catalog/seasonal-patterns.js'
import type { TrainedPage, TrainingKind } from '../work.js'

const DAYS = 3
let stage: BatchStage
let stored: CatalogPatterns

beforeAll(async () => {
  const rules = [{ match: { __name__: 'load' } }]
  stage = await openStage({ length: '1h', anomaly: { rules, training: { history: '3d' } } })
  stored = new CatalogPatterns(stage.catalog.db)
  await passDays(stage, DAYS, (from, to) => [
    ...every5m(load, from, to, dailyLoad),
    ...every5m(other, from, to, dailyLoad),
    ...(to === FIRST_DAY + DAYS * DAY ? every5m(young, from, to, dailyLoad) : []),
  ])
}, 120_000)
afterAll(() => stage.close())

/** Trains page by page, as the workflow does. */
async function run(kind: TrainingKind): Promise<TrainedPage[]> {
  const plan = await stage.work.planTraining(kind)
  const pages = [await stage.work.trainPage(plan)]
  for (let next = pages[0].next; next !== undefined; next = pages.at(-1)?.next)
    pages.push(await stage.work.trainPage(plan, next))
  return pages
}

const versions = async () => (await stored.storedAfter(0, [load.id, young.id, other.id])).trained

describe('in order', () => {
  test('the nightly run trains on whole days what a rule names and what holds a day twice', async () => {
    expect(await stage.work.planTraining('all')).toMatchObject({
      range: { startMs: FIRST_DAY, endMs: FIRST_DAY + DAYS * DAY },
    })
    expect(await run('all')).toEqual([{ trained: 1, unchanged: 0, tooShort: 1 }])
    const [{ seriesId, fromMs, patterns }, ...more] = await versions()
    expect(more).toEqual([])
    expect(seriesId).toBe(load.id)
    expect(fromMs).toBeGreaterThan(stage.now)
    expect(fromMs).toBeLessThanOrEqual(stage.now + 70_000)
    expect(patterns.map(({ periodMs }) => periodMs)).toEqual([DAY])
    patterns[0].phases.forEach((value, phase, { length }) => {
      expect(Math.abs(value - 20 * Math.sin((2 * Math.PI * phase) / length))).toBeLessThan(1)
    })
  })

  test('the status says when, on what, and at which epoch', async () => {
    const { epoch } = await stage.view.snapshot()
    expect(await stored.status(stage.settings.blockMs)).toEqual({
      series: 1,
      corrected: 0,
      newest: {
        trainedMs: stage.now,
        epoch,
        range: { startMs: FIRST_DAY, endMs: FIRST_DAY + DAYS * DAY },
        readings: DAYS * 288,
      },
    })
  })

  test('done again it stores nothing: a killed activity is repeated', async () => {
    const plan = await stage.work.planTraining('all')
    expect(await stage.work.trainPage(plan)).toEqual({ trained: 0, unchanged: 0, tooShort: 1 })
    expect(await versions()).toHaveLength(1)
  })

  test('without a correction there is nothing to train again', async () => {
    expect(await run('corrected')).toEqual([{ trained: 0, unchanged: 0, tooShort: 0 }])
  })

  test('a block that was recomputed without another reading costs a look, and no training', async () => {
    await stage.work.recomputeBlock(FIRST_DAY)
    expect((await stored.status(stage.settings.blockMs)).corrected).toBe(1)
    expect(await run('corrected')).toEqual([{ trained: 0, unchanged: 1, tooShort: 0 }])
    expect((await stored.status(stage.settings.blockMs)).corrected).toBe(0)
  })

  test('late points train what they change again, on the same days', async () => {
    stage.now += 600_000
    // What was read from noon to three of every day comes again, 30 higher.
    for (let day = 0; day < DAYS; day++) {
      const from = FIRST_DAY + day * DAY + DAY / 2
      await stage.send(every5m(load, from, from + 3 * 3_600_000, (timeMs) => dailyLoad(timeMs) + 30))
      for (let hour = 0; hour < 3; hour++) await stage.work.recomputeBlock(from + hour * 3_600_000)
    }
    expect(await run('corrected')).toEqual([{ trained: 1, unchanged: 0, tooShort: 0 }])
    const [before, after] = await versions()
    expect(after.fromMs).toBeGreaterThan(before.fromMs)
    const atOne = Math.round((13 / 24) * after.patterns[0].phases.length)
    expect(after.patterns[0].phases[atOne] - before.patterns[0].phases[atOne]).toBeGreaterThan(15)
    expect(await run('corrected')).toEqual([{ trained: 0, unchanged: 0, tooShort: 0 }])
  })

  test('of a series that is corrected over and over a few versions are kept', async () => {
    for (let i = 1; i <= 12; i++)
      await stored.store({
        seriesId: other.id,
        fromMs: i * 1000,
        patterns: [{ periodMs: DAY, phases: [i, 0] }],
        epoch: 1,
        range: { startMs: 0, endMs: DAY },
        readings: 1,
        digest: '',
        trainedMs: 0,
      })
    const kept = (await stored.storedAfter(0, [other.id])).trained
    expect(kept.map(({ fromMs }) => fromMs)).toEqual([5, 6, 7, 8, 9, 10, 11, 12].map((i) => i * 1000))
  })

  test('patterns of series that are gone are dropped in the night', async () => {
    await stage.work.planTraining('all')
    expect((await versions()).every(({ seriesId }) => seriesId === load.id)).toBe(true)
  })
})
