import { describe, expect, test } from 'vitest'
import { askOnce } from '../alerting/ask.js'
import { parseExpr } from '../promql/parse.js'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { createSeriesSource } from '../serving/source.js'
import { type FakeOptions, fakeViews } from '../serving/testing/fake-views.js'
import { judgedSource } from './rule-source.js'

const T0 = Date.UTC(2026, 0, 15, 12)
const NOW = T0 + 100_000
const DELAY_MS = 25_000
const up = Series.of('up', { host: 'a' }, Kind.Sample)
const points = [10_000, 70_000, 80_000].map((afterMs) => ({ series: up, timeMs: T0 + afterMs, value: 1 }))

function judged(options: Partial<FakeOptions> = {}) {
  const views = fakeViews({ points, frontierMs: T0, coveredFromMs: T0, completeThroughMs: NOW, nowMs: NOW, ...options })
  return judgedSource(createSeriesSource(views), () => NOW - DELAY_MS)
}

function ask(source: ReturnType<typeof judged>, timeMs: number) {
  const limits = { querySamples: 1000, queryDepth: 100, queryResultSamples: 1000 }
  return askOnce({ expr: parseExpr('up'), text: 'up' }, timeMs, { open: source.open, limits })
}

describe('what rules are judged on', () => {
  test('is complete as far as the speed layer says', async () => {
    expect(await judged({ completeThroughMs: T0 + 80_000 }).completeThroughMs()).toBe(T0 + 80_000)
  })

  test('is complete nowhere before its time while the live view covers nothing', async () => {
    expect(await judged({ coveredFromMs: undefined }).completeThroughMs()).toBe(0)
  })

  test('gives windows that are still open', async () => {
    expect(await ask(judged(), T0 + 80_000)).toMatchObject([{ value: 1 }])
  })

  test('is an error where open windows are needed and the live view went away meanwhile', async () => {
    const away = judged({ coveredFromMs: undefined })
    await expect(ask(away, T0 + 80_000)).rejects.toThrow('the live view is not fed at present')
    expect(await ask(away, T0 + 70_000)).toMatchObject([{ value: 1 }])
  })
})
