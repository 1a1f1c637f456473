import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluateQuery } from '../promql/engine.js'
import { parseExpr } from '../promql/parse.js'
import { Kind } from '../schemas/points.js'
import type { SeriesSource } from '../schemas/ports/series-source.js'
import { Series } from '../schemas/series/series.js'
import { type BatchStage, openStage, type SentPoint } from '../test/law/batch-stage.js'
import { createSeriesSource, type MergedView } from './source.js'
import { fakeViews } from './testing/fake-views.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Whole days before the stage's origin. */
const START = Date.UTC(2025, 0, 14)
const LIMITS = { querySamples: 1e9, queryDepth: 100, queryResultSamples: 1e9 }

let stage: BatchStage
let sent: SentPoint[]

/** Twelve series of which some have gaps, one ends with a marker, and one has a NaN and an infinity. */
function points(): SentPoint[] {
  const all: SentPoint[] = []
  for (let host = 0; host < 12; host++) {
    const labels = { host: `h${host}`, region: `r${host % 3}`, ...(host % 4 === 0 && { dc: 'x' }) }
    const series = Series.of(host === 11 ? 'odd' : 'load', labels, Kind.Sample)
    for (let i = 0; i < 240; i++) {
      if ((i * (host + 3)) % 17 < host / 2) continue
      const timeMs = START + 30 * MINUTE + i * MINUTE + host * 700
      const value =
        host === 11 && i % 100 === 0 ? [Number.NaN, Number.POSITIVE_INFINITY][i % 2] : ((i * 37) % 101) - 20.5
      all.push({ series, timeMs, value: value + host / 7 })
    }
    if (host === 9) all.push({ series, timeMs: START + 4 * HOUR + 45 * MINUTE, value: Number.NaN, stale: true })
  }
  return all
}

beforeAll(async () => {
  stage = await openStage()
  sent = points()
  await stage.send(sent)
  stage.now += 2 * MINUTE
  for (const startMs of await stage.work.dirtyReady()) await stage.work.recomputeBlock(startMs)
}, 120_000)
afterAll(() => stage.close())

/** The batch view before a tide line, the hot store and the live view after it. */
function mergedAt(frontierMs: number): MergedView {
  const speed = fakeViews({ points: sent, frontierMs, coveredFromMs: frontierMs + 20 * MINUTE, nowMs: stage.now })
  const batch = { ...stage.view, snapshot: async () => ({ ...(await stage.view.snapshot()), frontierMs }) }
  return createSeriesSource({ ...speed, batch, clock: () => stage.now }, 1)
}

/** What the engine sees of a source that computes nothing by itself. */
const selecting = (source: SeriesSource): SeriesSource => ({ select: (...asked) => source.select(...asked) })

interface Asked {
  text: string
  startMs: number
  steps: number
  stepMs: number
}

async function evaluate(merged: MergedView, { text, startMs, steps, stepMs }: Asked, pushes: boolean) {
  const query = await merged.open()
  let pushed = 0
  const pushing: SeriesSource = {
    select: (...asked) => query.select(...asked),
    pushdown: async (request) => {
      const answer = await query.pushdown(request)
      pushed = answer?.steps ?? 0
      return answer
    },
  }
  const times = { startMs, endMs: startMs + (steps - 1) * stepMs, stepMs }
  const source = pushes ? pushing : selecting(query)
  const { value } = await evaluateQuery(parseExpr(text), text, times, source, { limits: LIMITS })
  const series = value.type === 'matrix' ? value.series : []
  const shown = new Map(series.map((one) => [JSON.stringify(one.labels), one]))
  return { shown, pushed }
}

const anyQuery = fc.record({
  op: fc.constantFrom('sum', 'count', 'min', 'max', 'avg', 'group'),
  func: fc.constantFrom('last', 'sum_over_time', 'count_over_time', 'avg_over_time', 'min_over_time', 'max_over_time'),
  selector: fc.constantFrom('load', 'load', 'load{host!="h9"}', 'load{host!="h9"}', 'odd'),
  grouping: fc.constantFrom('', ' by (region)', ' by (dc, region)', ' without (host)', ' by (absent)'),
  offset: fc.constantFrom('', '', ' offset 10m', ' offset -5m'),
  stepMs: fc.constantFrom(5 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 7 * MINUTE),
  start: fc.integer({ min: 0, max: 30 }),
  steps: fc.integer({ min: 1, max: 30 }),
  tideLine: fc.integer({ min: 0, max: 36 }).map((blocks) => START + blocks * 10 * MINUTE),
})

test('what is computed in the batch view is what the engine computes, for any aggregation, grid and tide line', async () => {
  let whole = 0
  let begun = 0
  await fc.assert(
    fc.asyncProperty(anyQuery, async ({ op, func, selector, grouping, offset, stepMs, start, steps, tideLine }) => {
      const range = stepMs / MINUTE
      const inner = func === 'last' ? `${selector}${offset}` : `${func}(${selector}[${range}m]${offset})`
      const text = `${op}${grouping} (${inner})`
      const asked = { text, startMs: START + start * stepMs, steps, stepMs }
      const merged = mergedAt(tideLine)
      const [there, here] = [await evaluate(merged, asked, true), await evaluate(merged, asked, false)]
      if (there.pushed === steps) whole++
      else if (there.pushed > 0) begun++
      expect([...there.shown.keys()].sort()).toEqual([...here.shown.keys()].sort())
      for (const [labels, { timeMs, value }] of there.shown) {
        const wanted = here.shown.get(labels)
        expect([...timeMs]).toEqual([...(wanted?.timeMs ?? [])])
        for (let i = 0; i < value.length; i++) {
          const other = wanted?.value[i] ?? Number.NaN
          if (Number.isNaN(other)) expect(value[i]).toBeNaN()
          else expect(Math.abs(value[i] - other)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(other)))
        }
      }
    }),
    { numRuns: 200 },
  )
  expect(whole).toBeGreaterThan(15)
  expect(begun).toBeGreaterThan(15)
}, 300_000)
