import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CatalogPatterns } from '../../batch/catalog/seasonal-patterns.js'
import type { TrainedPage } from '../../batch/work.js'
import { addSample } from '../../schemas/aggregates/index.js'
import { FLOW, TASK_QUEUE } from '../../schemas/flows.js'
import type { WindowReader } from '../../schemas/ports/window-store.js'
import { type WindowBatch, WindowColumns } from '../../schemas/windows/columns.js'
import { DETECTORS } from '../../speed/anomaly/detectors.js'
import { Scorer } from '../../speed/anomaly/scorer.js'
import { TwoDayDetector } from '../../speed/anomaly/two-day-detector.js'
import { type BatchStage, openStage } from '../law/batch-stage.js'
import { DAY, dailyLoad, every5m, FIRST_DAY, load, passDays } from '../law/daily-points.js'
import { createFakeWork, type FakeWork, idleEscalation } from './fake-work.js'
import { setTimeSkippingStage, type TimeSkippingStage } from './time-skipping.js'

const HOUR = 3_600_000

/** Runs the flow as a schedule starts it. */
function train({ env }: TimeSkippingStage, kind: 'all' | 'corrected'): Promise<TrainedPage> {
  const options = { workflowId: `train-${kind}`, taskQueue: TASK_QUEUE.batch, args: [kind] }
  return env.client.workflow.execute(FLOW.train, options) as Promise<TrainedPage>
}

describe('the flow', () => {
  let work: FakeWork
  let temporal: TimeSkippingStage

  beforeAll(async () => {
    work = createFakeWork()
    temporal = await setTimeSkippingStage(idleEscalation, work)
  })
  afterAll(() => temporal.close())

  test('goes from page to page, and tells what became of them', async () => {
    work.pages.push('7', '8')
    expect(await train(temporal, 'all')).toEqual({ trained: 3, unchanged: 0, tooShort: 0 })
    expect(work.calls.splice(0)).toEqual(['plan all', 'train all after none', 'train all after 7', 'train all after 8'])
  })

  test('a page that fails is tried again, with time in between, and the ones before it are not', async () => {
    work.pages.push('7')
    const { trainPage } = work
    let failures = 4
    work.trainPage = (plan, after) => {
      if (after === '7' && failures-- > 0) return Promise.reject(new Error('the catalog is away'))
      return trainPage(plan, after)
    }
    const begunMs = await temporal.nowMs()
    expect(await train(temporal, 'corrected')).toMatchObject({ trained: 2 })
    work.trainPage = trainPage
    expect(work.calls.splice(0)).toEqual(['plan corrected', 'train corrected after none', 'train corrected after 7'])
    expect((await temporal.nowMs()) - begunMs).toBeGreaterThanOrEqual(1000 + 2000 + 4000 + 8000)
  })
})

describe('with the batch view and the detectors', () => {
  let stage: BatchStage
  let temporal: TimeSkippingStage
  let scorer: Scorer

  beforeAll(async () => {
    const rules = [{ match: { __name__: 'load' }, detector: 'seasonal' as const }]
    stage = await openStage({ length: '1h', anomaly: { rules, training: { history: '3d' } } })
    await passDays(stage, 3, (from, to) => every5m(load, from, to, dailyLoad))
    temporal = await setTimeSkippingStage(idleEscalation, stage.work)
    const history: WindowReader = { async *read() {}, series: async () => [] }
    const patterns = new CatalogPatterns(stage.catalog.db)
    const onError = (error: Error) => {
      throw error
    }
    scorer = new Scorer({ rules, rollups: [], maxSeries: 10, history, patterns, onError })
  })
  afterAll(async () => {
    await temporal.close()
    await stage.close()
  })

  const versions = async () =>
    (await new CatalogPatterns(stage.catalog.db).storedAfter(0, [load.id])).trained.sort((a, b) => a.fromMs - b.fromMs)

  test('a detector that runs judges by what the workflow trained, and by it anew after a correction', async () => {
    const startMs = stage.now
    const begunMs = startMs - 12 * HOUR
    const judged = await score(begunMs, startMs)

    expect(await train(temporal, 'all')).toEqual({ trained: 1, unchanged: 0, tooShort: 0 })
    const [nightly] = await versions()
    await scorer.refreshPatterns()
    judged.push(...(await score(startMs, startMs + 2 * HOUR)))

    const noon = FIRST_DAY + DAY + DAY / 2
    await stage.send(every5m(load, noon, noon + 3 * HOUR, (timeMs) => dailyLoad(timeMs) + 30))
    stage.now = startMs + 2 * HOUR
    for (let hour = 0; hour < 3; hour++) await stage.work.recomputeBlock(noon + hour * HOUR)
    expect(await train(temporal, 'corrected')).toEqual({ trained: 1, unchanged: 0, tooShort: 0 })
    expect(await train(temporal, 'corrected')).toEqual({ trained: 0, unchanged: 0, tooShort: 0 })
    const [, corrected] = await versions()
    expect(corrected.patterns).not.toEqual(nightly.patterns)
    await scorer.refreshPatterns()
    judged.push(...(await score(startMs + 2 * HOUR, startMs + 4 * HOUR)))

    const patternsAt = (timeMs: number) =>
      timeMs >= corrected.fromMs ? corrected.patterns : timeMs >= nightly.fromMs ? nightly.patterns : []
    const wanted = new TwoDayDetector(() => DETECTORS.seasonal.make(patternsAt), TwoDayDetector.knownFrom(begunMs))
    const expected: number[][] = []
    for (let at = begunMs; at < startMs + 4 * HOUR; at += 10_000) {
      const { score, lower, upper, warm } = wanted.update(at, dailyLoad(at))
      if (warm) expected.push([at, score, lower, upper])
    }
    expect(judged).toEqual(expected)
    expect(judged.length).toBeGreaterThan(4000)
  })

  /** Closes a window every 10 s; gives start, score, lower and upper of those that were judged. */
  async function score(fromMs: number, toMs: number): Promise<number[][]> {
    const judged: number[][] = []
    for (let startMs = fromMs; startMs < toMs; startMs += 10_000) {
      const windows = new WindowColumns()
      addSample(windows, windows.push(load, startMs), startMs + 5000, dailyLoad(startMs), false)
      const batch: WindowBatch = { partition: 0, startMs, closed: true, windows }
      await scorer.prepare([batch])
      scorer.score([batch], startMs)
      if (windows.length > 1) judged.push([startMs, ...windows.last.slice(1, 4)])
    }
    return judged
  }
})
