import { createSeriesSource, type MergedView } from '../../serving/source.js'
import { fakeViews } from '../../serving/testing/fake-views.js'
import { openStage, type SentPoint } from '../law/batch-stage.js'
import { LIVE_FROM_MS, MERGED_END_MS, TIDE_LINE_MS } from './merged-points.js'

/** More than lateness and slack, ms. */
const GRACE_MS = 31_000

/** So few that every query that can be is pushed down. */
const MANY_WINDOWS = 1

/** Points behind the merged view, and how its parts are put away. */
export interface MergedStage {
  merged: MergedView
  close(): Promise<void>
}

/**
 * Points as the product keeps them: archived, sealed and recomputed by the batch layer before the tide line, windows in
 * memory behind it.
 */
export async function openMergedStage(points: readonly SentPoint[]): Promise<MergedStage> {
  const stage = await openStage({ length: '30m' })
  try {
    await stage.send(points.filter(({ timeMs }) => timeMs <= TIDE_LINE_MS))
    stage.now = TIDE_LINE_MS + GRACE_MS
    for (;;) {
      const { sealed } = await stage.work.sealReady()
      if (sealed.length === 0) break
    }
    const { frontierMs } = await stage.view.snapshot()
    if (frontierMs !== TIDE_LINE_MS) throw new Error(`the tide line is at ${frontierMs}, not at ${TIDE_LINE_MS}`)
    const [firstError] = stage.errors
    if (firstError) throw firstError
  } catch (thrown) {
    await stage.close()
    throw thrown
  }
  const speed = fakeViews({
    points: points.filter(({ timeMs }) => timeMs > TIDE_LINE_MS),
    frontierMs: TIDE_LINE_MS,
    coveredFromMs: LIVE_FROM_MS,
    nowMs: MERGED_END_MS,
    limits: { querySamples: 50_000_000, queryMs: 60_000 },
  })
  return { merged: createSeriesSource({ ...speed, batch: stage.view }, MANY_WINDOWS), close: () => stage.close() }
}
