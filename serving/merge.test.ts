import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateRange, selection } from '../promql/evaluate.js'
import { parseSelector } from '../promql/parse.js'
import { Kind } from '../schemas/points.js'
import type { SeriesSource, WindowedSeries } from '../schemas/ports/series-source.js'
import { Series } from '../schemas/series/series.js'
import { TIER_MS, TIERS, type Tier, type TimeRange, WINDOW_MS } from '../schemas/time.js'
import { PointCollector, ReadBudget } from './collector.js'
import { mergeParts } from './merge.js'
import { createSeriesSource } from './source.js'
import { fakeViews, type TestPoint, windowsOf } from './testing/fake-views.js'

const T0 = Date.parse('2026-03-01T00:00:00Z')
const SERIES = ['a', 'b'].map((host) => Series.of('m', { host }, Kind.Sample))
const matchers = [{ name: '__name__', op: '=', value: 'm' }] as const
const budget = () => new ReadBudget({ querySamples: 1e9, querySeries: 1e9 })

const anyValue = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -5, max: 1000 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity) },
)

/** Points over an hour; times are multiples of 5 s and a bit, so that many stand right on a boundary. */
const anyPoints = fc
  .uniqueArray(
    fc.record({
      host: fc.integer({ min: 0, max: 1 }),
      slot: fc.integer({ min: 0, max: 720 }),
      off: fc.constantFrom(0, 0, 1, 4999),
      value: anyValue,
      stale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { selector: ({ host, slot }) => host * 1000 + slot, maxLength: 120 },
  )
  .map((drawn) =>
    drawn.map(({ host, slot, off, value, stale }): TestPoint => {
      return { series: SERIES[host], timeMs: T0 + slot * 5000 + off, value: stale ? Number.NaN : value, stale }
    }),
  )

function shown(series: readonly WindowedSeries[]) {
  const text = ({ labels, timeMs, value, stale }: WindowedSeries) =>
    [...timeMs].map((ms, i) => `${labels.at(-1)} ${ms} ${stale[i] === 1 ? 'stale' : value[i]}`)
  return series.flatMap(text).sort()
}

test('at any tide line and any reach of the live view every point is there once', async () => {
  const tens = fc.integer({ min: -10, max: 370 }).map((n) => T0 + n * WINDOW_MS)
  const anyCase = fc.record({
    points: anyPoints,
    frontierMs: tens,
    coveredFromMs: fc.option(tens, { nil: undefined }),
    startMs: fc.integer({ min: -100_000, max: 3_600_000 }).map((ms) => T0 + ms),
    lengthMs: fc.integer({ min: 1, max: 3_600_000 }),
  })
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ points, frontierMs, coveredFromMs, startMs, lengthMs }) => {
      const views = fakeViews({ points, frontierMs, coveredFromMs, nowMs: T0 + 4_000_000 })
      const range = { startMs, endMs: startMs + lengthMs }
      const query = await createSeriesSource(views).open()
      const merged: WindowedSeries[] = []
      for await (const series of query.select(matchers, range, { stepMs: 0 })) merged.push(series)
      const wanted = points
        .filter(({ timeMs }) => timeMs > range.startMs && timeMs <= range.endMs)
        .map(({ series, timeMs, value, stale }) => `host,${series.label('host')} ${timeMs} ${stale ? 'stale' : value}`)
      expect(shown(merged)).toEqual(wanted.sort())
      expect(query.partialReasons.size).toBe(0)
    }),
    { numRuns: 150 },
  )
})

/** Reads everything from one tier, as if no other were there. */
function sourceOfTier(points: readonly TestPoint[], tier: Tier): SeriesSource {
  return {
    async *select(_matchers, range) {
      const wide: TimeRange = { startMs: T0 - 86_400_000, endMs: T0 + 2 * 86_400_000 }
      const collector = new PointCollector('bare', wide, TIER_MS[tier], budget())
      collector.add(windowsOf(points, tier))
      yield* mergeParts([collector.finish()], range).series
    },
  }
}

/** The raw points themselves. */
function sourceOfPoints(points: readonly TestPoint[]): SeriesSource {
  return {
    async *select(_matchers, { startMs, endMs }) {
      for (const one of SERIES) {
        const own = points.filter(({ series, timeMs }) => series === one && timeMs > startMs && timeMs <= endMs)
        own.sort((a, b) => a.timeMs - b.timeMs)
        const labels = [['__name__', 'm'], ...one.labels] as const
        const timeMs = Float64Array.from(own, (point) => point.timeMs)
        const value = Float64Array.from(own, (point) => point.value)
        yield { labels, timeMs, value, stale: Uint8Array.from(own, (point) => (point.stale ? 1 : 0)) }
      }
    },
  }
}

test('on its own grid every tier gives the answer that the raw points give', async () => {
  const anyCase = fc.record({
    points: anyPoints,
    tier: fc.constantFrom(...TIERS),
    start: fc.integer({ min: 0, max: 6 }),
    steps: fc.integer({ min: 0, max: 12 }),
    stride: fc.integer({ min: 1, max: 3 }),
    lookbackMs: fc.integer({ min: 1, max: 7_200_000 }),
  })
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ points, tier, start, steps, stride, lookbackMs }) => {
      const tierMs = TIER_MS[tier]
      const stepMs = stride * tierMs
      const grid = { startMs: T0 + start * tierMs, endMs: T0 + start * tierMs + steps * stepMs, stepMs }
      const options = { lookbackMs }
      const answer = (source: SeriesSource) => evaluateRange(parseSelector('m'), grid, source, options)
      const fromPoints = await answer(sourceOfPoints(points))
      expect(await answer(sourceOfTier(points, tier))).toEqual(fromPoints)
      // The same through the plan, which may take a longer tier still.
      const query = await createSeriesSource(
        fakeViews({ points, frontierMs: T0 + 86_400_000 * 60, nowMs: T0 + 86_400_000 * 60 }),
      ).open()
      expect(await answer(query)).toEqual(fromPoints)
      expect(TIER_MS[query.plans[0].parts[0].tier]).toBeGreaterThanOrEqual(tierMs)
    }),
    { numRuns: 150 },
  )
})

test('whatever the times of a query and wherever the tide line stands, the answer is that of the raw points', async () => {
  const tens = fc.integer({ min: -10, max: 370 }).map((n) => T0 + n * WINDOW_MS)
  const anyMs = (max: number) =>
    fc.oneof(
      ...[60_000, 10_000, 5000, 1].map((unit) =>
        fc.integer({ min: 0, max: Math.floor(max / unit) }).map((n) => n * unit),
      ),
    )
  const anyCase = fc.record({
    points: anyPoints,
    frontierMs: tens,
    coveredFromMs: fc.option(tens, { nil: undefined }),
    start: anyMs(3_600_000),
    length: anyMs(1_200_000),
    step: anyMs(600_000),
    lookback: anyMs(600_000),
    text: fc.constantFrom('m', 'm offset 30s', 'm offset -1m', 'm @ start()', `m @ ${T0 / 1000 + 600}`),
  })
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ points, frontierMs, coveredFromMs, start, length, step, lookback, text }) => {
      const grid = {
        startMs: T0 + start,
        endMs: T0 + start + length,
        stepMs: Math.max(step, 1 + Math.floor(length / 200)),
      }
      const options = { lookbackMs: Math.max(lookback, 1) }
      const views = fakeViews({ points, frontierMs, coveredFromMs, nowMs: T0 + 8_000_000 })
      const query = await createSeriesSource(views).open()
      const expected = await evaluateRange(parseSelector(text), grid, sourceOfPoints(points), options)
      expect(await evaluateRange(parseSelector(text), grid, query, options)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('a sample series hides an event series of the same name and labels, and the answer says so', () => {
  const event = Series.of('m', { host: 'a' }, Kind.EventCounter)
  const points = [
    { series: event, timeMs: T0 + 1000, value: 5 },
    { series: SERIES[0], timeMs: T0 + 2000, value: 7 },
  ]
  const collector = new PointCollector('bare', { startMs: T0, endMs: T0 + 10_000 }, 10_000, budget())
  collector.add(windowsOf(points, '10s'))
  const { series, warnings } = mergeParts([collector.finish()], { startMs: T0, endMs: T0 + 10_000 })
  expect(shown(series)).toEqual([`host,a ${T0 + 2000} 7`])
  expect(warnings).toEqual(['metric "m" has series of several kinds with the same labels: readings hide occurrences'])
})

test('a range query asks for the points from the first lookback to the last step', () => {
  const grid = { startMs: T0, endMs: T0 + 95_000, stepMs: 10_000 }
  expect(selection(parseSelector('m'), grid, 300_000).range).toEqual({ startMs: T0 - 300_000, endMs: T0 + 90_000 })
})
