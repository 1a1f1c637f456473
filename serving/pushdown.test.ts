import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluateQuery } from '../promql/engine.js'
import type { MatrixSeries } from '../promql/evaluate/result.js'
import { parseExpr } from '../promql/parse.js'
import type { NativeHistogram } from '../schemas/histogram.js'
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

/**
 * Twelve series of readings of which some have gaps, one ends with a marker, and one has a NaN and an infinity; counters
 * that start again; occurrences, at the ends of windows and sampled ones among them.
 */
function points(): SentPoint[] {
  return [...readings(), ...counts(), ...occurrences()]
}

function counts(): SentPoint[] {
  return [0, 1, 2].flatMap((host) => {
    const series = Series.of('bytes_total', { host: `h${host}`, region: `r${host % 2}` }, Kind.Sample)
    let total = host * 40
    return Array.from({ length: 400 }, (_, i) => {
      total = (i * 7) % (61 + host) === 0 ? host : total + ((i * 13) % 17)
      return { series, timeMs: START + 40 * MINUTE + i * 37_000 + host * 900, value: total }
    }).filter((_, i) => (i * (host + 5)) % 23 > 4)
  })
}

function occurrences(): SentPoint[] {
  const all: SentPoint[] = []
  for (const [metric, kind] of [
    ['hits', Kind.EventCounter],
    ['took', Kind.EventTimer],
  ] as const) {
    for (let host = 0; host < 4; host++) {
      const series = Series.of(metric, { host: `h${host}`, region: `r${host % 2}` }, kind)
      for (let i = 0; i < 500; i++) {
        const timeMs = START + 20 * MINUTE + (i % 9 === 0 ? i * 30_000 : i * 29_000 + host)
        const value = metric === 'hits' ? 1 + (i % 3) : 1.3 ** ((i * (host + 7)) % 31) - 2
        all.push({ series, timeMs, value, ...(host === 3 && { weight: 2.5 }) })
      }
    }
  }
  return all
}

function readings(): SentPoint[] {
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
      pushed ||= answer?.steps ?? 0
      return answer
    },
  }
  const times = { startMs, endMs: startMs + (steps - 1) * stepMs, stepMs }
  const source = pushes ? pushing : selecting(query)
  const { value, warnings, infos } = await evaluateQuery(parseExpr(text), text, times, source, { limits: LIMITS })
  const series = value.type === 'matrix' ? value.series : []
  const shown = new Map(series.map((one) => [JSON.stringify(one.labels), one]))
  const notes = [...warnings, ...infos, ...query.warnings, ...query.infos].sort()
  return { shown, pushed, notes }
}

const anyAggregation = fc.constantFrom('sum', 'count', 'min', 'max', 'avg', 'group')
const anyGrouping = fc.constantFrom('', ' by (region)', ' by (dc, region)', ' without (host)', ' by (absent)')
const anyReading = fc.constantFrom('load', 'load', 'load{host!="h9"}', 'load{host!="h9"}', 'odd', 'bytes_total')
const anyMetric = fc.oneof(anyReading, fc.constantFrom('hits', 'took', 'took{host!="h3"}'))
const anyOffset = fc.constantFrom('', '', ' offset 10m', ' offset -5m')
const overTime = ['sum', 'count', 'avg', 'min', 'max'].map((name) => `${name}_over_time`)
const virtual: Record<string, string> = { ':sum': 'sum', ':count': 'sum', ':min': 'min', ':max': 'max' }

/** What is asked of each series, `RANGE` standing for the step. */
const anyFunction = fc.oneof(
  fc.tuple(anyReading, anyOffset).map(([metric, offset]) => `${metric}${offset}`),
  fc
    .tuple(fc.constantFrom(...overTime), anyMetric, anyOffset)
    .map(([func, metric, offset]) => `${func}(${metric}[RANGE]${offset})`),
  fc
    .tuple(fc.constantFrom('0', '0.5', '0.9', '0.99', '1'), anyMetric, anyOffset)
    .map(([q, metric, offset]) => `quantile_over_time(${q}, ${metric}[RANGE]${offset})`),
  fc
    .tuple(fc.constantFrom('rate', 'increase'), fc.constantFrom('bytes_total', 'load', 'hits', 'took'), anyOffset)
    .map(([func, metric, offset]) => `${func}(${metric}[RANGE]${offset})`),
  fc
    .tuple(fc.constantFrom(...Object.keys(virtual)), fc.constantFrom('load', 'took', 'hits{host="h1"}'))
    .map(([part, metric]) => `${virtual[part]}_over_time(${metric.replace(/(?={|$)/, part)}[RANGE])`),
)
const anyNumber = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(anyAggregation, anyGrouping, anyFunction).map(([op, by, of]) => `${op}${by} (${of})`),
  },
  { weight: 1, arbitrary: anyFunction },
  { weight: 1, arbitrary: anyFunction.map((of) => `topk(2, ${of})`) },
)
const anyHistogram = fc
  .tuple(
    fc.constantFrom('sum by (region)', 'sum', 'sum without (host)', 'avg', ''),
    fc.constantFrom('load:histogram', 'took:histogram', 'hits:histogram', 'odd:histogram'),
    fc.constantFrom('', 'histogram_quantile(0.95, ', 'histogram_count(', 'histogram_sum('),
  )
  .map(([op, metric, of]) => {
    const inner = `${op}(sum_over_time(${metric}[RANGE]))`
    return of ? `${of}${inner})` : inner
  })
const anyQuery = fc.record({
  template: fc.oneof({ weight: 4, arbitrary: anyNumber }, { weight: 1, arbitrary: anyHistogram }),
  stepMs: fc.constantFrom(5 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 7 * MINUTE),
  start: fc.integer({ min: 0, max: 30 }),
  steps: fc.integer({ min: 1, max: 30 }),
  tideLine: fc.integer({ min: 0, max: 36 }).map((blocks) => START + blocks * 10 * MINUTE),
})

/** How many queries were pushed down as a whole, and how many for their first steps, by what was computed. */
class Tally {
  readonly whole = { numbers: 0, quantiles: 0, growth: 0, histograms: 0 }
  begun = 0

  count(text: string, pushed: number, steps: number): void {
    if (pushed === 0) return
    if (pushed < steps) this.begun++
    else if (text.includes(':histogram')) this.whole.histograms++
    else if (text.includes('quantile_over_time')) this.whole.quantiles++
    else if (/rate|increase/.test(text)) this.whole.growth++
    else this.whole.numbers++
  }
}

test('what is computed in the batch view is what the engine computes, for any function, grid and tide line', async () => {
  const tally = new Tally()
  await fc.assert(
    fc.asyncProperty(anyQuery, async ({ template, stepMs, start, steps, tideLine }) => {
      const text = template.replace('RANGE', `${stepMs / MINUTE}m`)
      const asked = { text, startMs: START + start * stepMs, steps, stepMs }
      const merged = mergedAt(tideLine)
      const [there, here] = [await evaluate(merged, asked, true), await evaluate(merged, asked, false)]
      tally.count(text, there.pushed, steps)
      // The engine reads whole blocks: it may have seen a sketch before the first step.
      expect(here.notes).toEqual(expect.arrayContaining(there.notes))
      expect(there.notes.filter(isNotBound)).toEqual(here.notes.filter(isNotBound))
      if (text.startsWith('topk')) return expectSameRanks(there.shown.values(), here.shown.values())
      expect([...there.shown.keys()].sort()).toEqual([...here.shown.keys()].sort())
      for (const [labels, found] of there.shown) expectSame(found, here.shown.get(labels))
    }),
    { numRuns: 400 },
  )
  for (const [what, queries] of Object.entries(tally.whole)) expect(queries, what).toBeGreaterThan(3)
  expect(tally.begun).toBeGreaterThan(15)
}, 600_000)

const isNotBound = (note: string) => !note.includes('come from sketches')

function expectSame(found: MatrixSeries, wanted: MatrixSeries | undefined): void {
  expect([...found.timeMs]).toEqual([...(wanted?.timeMs ?? [])])
  expect([...found.histogramMs]).toEqual([...(wanted?.histogramMs ?? [])])
  for (const [i, value] of found.value.entries()) expectClose(value, wanted?.value[i])
  for (const [i, histogram] of found.histogram.entries()) expectHistogram(histogram, wanted?.histogram[i])
}

/** Of series whose values are equal but for rounding, any may be among the largest: what counts are the values. */
function expectSameRanks(found: Iterable<MatrixSeries>, wanted: Iterable<MatrixSeries>): void {
  const [ranks, others] = [ranksOf(found), ranksOf(wanted)]
  expect([...ranks.keys()].sort()).toEqual([...others.keys()].sort())
  for (const [timeMs, values] of ranks) {
    expect(values).toHaveLength(others.get(timeMs)?.length ?? 0)
    for (const [i, value] of values.entries()) expectClose(value, others.get(timeMs)?.[i])
  }
}

/** The values at each time, in order. */
function ranksOf(series: Iterable<MatrixSeries>): Map<number, number[]> {
  const ranks = new Map<number, number[]>()
  for (const { timeMs, value } of series)
    for (const [i, at] of timeMs.entries()) ranks.set(at, [...(ranks.get(at) ?? []), value[i]])
  for (const values of ranks.values()) values.sort((a, b) => a - b)
  return ranks
}

function expectHistogram(found: NativeHistogram, wanted: NativeHistogram | undefined): void {
  const shape = (one?: NativeHistogram) =>
    one && { ...one, sum: 0, count: 0, positive: one.positive.index, negative: one.negative.index }
  expect(shape(found)).toEqual(shape(wanted))
  if (!wanted) return
  expectClose(found.sum, wanted.sum)
  expectClose(found.count, wanted.count)
  for (const side of ['positive', 'negative'] as const) {
    for (const [i, count] of found[side].count.entries()) expectClose(count, wanted[side].count[i])
  }
}

function expectClose(found: number, wanted = Number.NaN): void {
  if (Number.isNaN(wanted)) expect(found).toBeNaN()
  else expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(wanted)))
}
