import { expect, test } from 'vitest'
import type { TimeRange } from '../schemas/time.js'
import { findSeries } from './series-index.js'
import { fakeViews } from './testing/fake-views.js'

const T0 = Date.UTC(2026, 2, 1)
const MINUTE = 60_000

/** The ranges that the hot store was asked about, minutes from T0. */
async function askedOfHot(range: TimeRange, frontierMs: number): Promise<number[][]> {
  const asked: number[][] = []
  const views = fakeViews({ points: [], frontierMs, nowMs: T0 + 60 * MINUTE })
  views.hot.series = async ({ startMs, endMs }) => {
    asked.push([(startMs - T0) / MINUTE, (endMs - T0) / MINUTE])
    return []
  }
  await findSeries(views, await views.batch.snapshot(), range, [], new AbortController().signal)
  return asked
}

test('the hot store is asked for series behind the tide line alone', async () => {
  const frontierMs = T0 + 20 * MINUTE
  expect(await askedOfHot({ startMs: 0, endMs: T0 + 60 * MINUTE }, frontierMs)).toEqual([[15, 60]])
  expect(await askedOfHot({ startMs: T0 + 30 * MINUTE, endMs: T0 + 60 * MINUTE }, frontierMs)).toEqual([[25, 60]])
  expect(await askedOfHot({ startMs: 0, endMs: T0 + 10 * MINUTE }, frontierMs)).toEqual([])
})
