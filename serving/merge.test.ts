import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Kind } from '../schemas/points.js'
import type { SelectHints, WindowedSeries } from '../schemas/ports/series-source.js'
import { Series } from '../schemas/series/series.js'
import { TIER_MS, TIERS, type TimeRange, WINDOW_MS, windowStart } from '../schemas/time.js'
import { ReadBudget, RowCollector } from './collector.js'
import { mergeParts } from './merge.js'
import { readingOf } from './reading.js'
import { createSeriesSource } from './source.js'
import { fakeViews, type TestPoint, windowsOf } from './testing/fake-views.js'
import { newestAt, overRange, RANGE_FUNCTIONS } from './testing/reference.js'

const T0 = Date.parse('2026-03-01T00:00:00Z')
const SERIES = ['a', 'b'].map((host) => Series.of('m', { host }, Kind.Sample))
const EVENT = Series.of('m', { host: 'c' }, Kind.EventCounter)
const matchers = [{ name: '__name__', op: '=', value: 'm' }] as const
const budget = () => new ReadBudget({ querySamples: 1e9, querySeries: 1e9 })

interface Drawing {
  series?: readonly Series[]
  spacingMs?: number
  stale?: boolean
  odd?: boolean
}

/** Points over an hour; times are multiples of the spacing and a bit, so that many stand right on a boundary. */
function anyPoints({ series = SERIES, spacingMs = 5000, stale = true, odd = true }: Drawing = {}) {
  const anyValue = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -5, max: 1000 }) },
    { weight: odd ? 1 : 0, arbitrary: fc.constantFrom(Number.NaN, Infinity) },
  )
  const anyPoint = fc.record({
    which: fc.integer({ min: 0, max: series.length - 1 }),
    slot: fc.integer({ min: 0, max: 3_600_000 / spacingMs }),
    off: fc.constantFrom(0, 0, 1, Math.min(9999, spacingMs - 1)),
    value: anyValue,
    stale: fc.integer({ min: 0, max: 9 }).map((n) => stale && n === 0),
  })
  return fc
    .uniqueArray(anyPoint, { selector: ({ which, slot }) => which * 10_000 + slot, maxLength: 120 })
    .map((drawn) =>
      drawn.map(({ which, slot, off, value, stale }): TestPoint => {
        const isStale = stale && series[which].kind === Kind.Sample
        const finite = series[which].kind === Kind.Sample || Number.isFinite(value) ? value : 1
        const timeMs = T0 + slot * spacingMs + off
        return { series: series[which], timeMs, value: isStale ? Number.NaN : finite, stale: isStale }
      }),
    )
    .map((points) => [...new Map(points.map((point) => [`${point.series.id}/${point.timeMs}`, point])).values()])
}

const hostOf = ({ labels }: WindowedSeries) => labels.find(([name]) => name === 'host')?.[1]

function shown(series: readonly WindowedSeries[]) {
  const text = (one: WindowedSeries) =>
    [...one.timeMs].map((ms, i) => `${hostOf(one)} ${ms} ${one.stale[i] === 1 ? 'stale' : one.value[i]}`)
  return series.flatMap(text).sort()
}

/** Reads 10 s windows alone, as if no tier and no view were there. */
function fromTens(points: readonly TestPoint[], range: TimeRange, hints: SelectHints): WindowedSeries[] {
  const wide: TimeRange = { startMs: T0 - 86_400_000, endMs: T0 + 2 * 86_400_000 }
  const collector = new RowCollector(
    { reading: readingOf('bare', range, hints), range: wide, tierMs: WINDOW_MS },
    budget(),
  )
  collector.add(windowsOf(points, '10s'))
  return mergeParts([collector.finish()], range).series
}

/** The raw points themselves. */
function fromPoints(points: readonly TestPoint[], { startMs, endMs }: TimeRange): WindowedSeries[] {
  return [...new Set(points.map(({ series }) => series))].map((one) => {
    const own = points.filter(({ series, timeMs }) => series === one && timeMs > startMs && timeMs <= endMs)
    own.sort((a, b) => a.timeMs - b.timeMs)
    const labels = [['__name__', 'm'], ...one.labels] as const
    const timeMs = Float64Array.from(own, (point) => point.timeMs)
    const value = Float64Array.from(own, (point) => point.value)
    return { labels, timeMs, value, stale: Uint8Array.from(own, (point) => (point.stale ? 1 : 0)) }
  })
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const tens = fc.integer({ min: -10, max: 370 }).map((n) => T0 + n * WINDOW_MS)
const sealedHours = fc.integer({ min: 0, max: 400 }).map((n) => T0 + n * WINDOW_MS)

/** Answers by host, those without any value left out. */
function answers(series: readonly WindowedSeries[], answer: (one: WindowedSeries) => (number | undefined)[]) {
  const entries = series.map((one) => [hostOf(one), answer(one)] as const)
  return new Map(entries.filter(([, values]) => values.some((value) => value !== undefined)))
}

test('at any tide line and any reach of the live view every point is there once', async () => {
  const anyCase = fc.record({
    points: anyPoints(),
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
      const merged = await all(query.select(matchers, range, { stepMs: 0 }))
      expect(shown(merged)).toEqual(shown(fromPoints(points, range)))
      expect(query.partialReasons.size).toBe(0)
    }),
    { numRuns: 150 },
  )
})

describe('a moment', () => {
  const anyMs = (max: number, units: readonly number[]) =>
    fc.oneof(...units.map((unit) => fc.integer({ min: 0, max: Math.ceil(max / unit) }).map((n) => n * unit)))
  const anyUnits = fc.constantFrom([1], [5000], [10_000], [60_000], [300_000], [3_600_000])

  test('sees what the raw points say, whatever the times of the query and wherever the tide line stands', async () => {
    const anyCase = anyUnits.chain((units) =>
      fc.record({
        points: anyPoints(),
        frontierMs: sealedHours,
        coveredFromMs: fc.option(tens, { nil: undefined }),
        start: anyMs(3_600_000, units),
        steps: fc.integer({ min: 0, max: 12 }),
        stepMs: anyMs(600_000, units).map((ms) => ms + units[0]),
        lookbackMs: anyMs(600_000, [1, 10_000]).map((ms) => ms + 1),
      }),
    )
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ points, frontierMs, coveredFromMs, start, steps, stepMs, lookbackMs }) => {
        const times = Array.from({ length: steps + 1 }, (_, i) => T0 + start + i * stepMs)
        const range = { startMs: times[0] - lookbackMs, endMs: times[steps] }
        const hints = { stepMs: steps > 0 ? stepMs : 0, lookbackMs }
        const views = fakeViews({ points, frontierMs, coveredFromMs, nowMs: T0 + 40_000_000 })
        const query = await createSeriesSource(views).open()
        const merged = await all(query.select(matchers, range, hints))
        const answer = (one: WindowedSeries) => newestAt(one, times, lookbackMs)
        expect(answers(merged, answer)).toEqual(answers(fromPoints(points, range), answer))
      }),
      { numRuns: 400 },
    )
  })
})

describe('a range on the grid of a tier', () => {
  const anyCase = (drawing: Drawing) =>
    fc.record({
      points: anyPoints(drawing),
      tier: fc.constantFrom(...TIERS.slice(0, 4)),
      frontierMs: sealedHours,
      held: fc.option(tens, { nil: undefined }),
      start: fc.integer({ min: 0, max: 6 }),
      steps: fc.integer({ min: 0, max: 6 }),
      stride: fc.integer({ min: 1, max: 3 }),
      width: fc.integer({ min: 1, max: 12 }),
      func: fc.constantFrom(...RANGE_FUNCTIONS),
    })
  type AnyCase = ReturnType<typeof anyCase> extends fc.Arbitrary<infer T> ? T : never

  async function bothAnswers({ points, tier, frontierMs, start, steps, stride, width, func }: AnyCase) {
    const tierMs = TIER_MS[tier]
    const [stepMs, rangeMs] = [stride * tierMs, width * tierMs]
    const times = Array.from({ length: steps + 1 }, (_, i) => T0 + start * tierMs + i * stepMs)
    const range = { startMs: times[0] - rangeMs, endMs: times[steps] }
    const hints = { stepMs: steps > 0 ? stepMs : 0, rangeMs, func }
    const query = await createSeriesSource(fakeViews({ points, frontierMs, nowMs: T0 + 40_000_000 })).open()
    const merged = await all(query.select(matchers, range, hints))
    const answer = (one: WindowedSeries) => overRange(func, one, times, rangeMs)
    const [{ parts }] = query.plans
    return {
      found: answers(merged, answer),
      tens: answers(fromTens(points, range, hints), answer),
      raw: answers(fromPoints(points, range), answer),
      isCoarse: parts.some((part) => part.view === 'batch' && TIER_MS[part.tier] >= tierMs),
    }
  }

  /** Equal but for rounding, and for quantiles but for the sketch's bound twice over. */
  function expectEqual(found: Map<unknown, unknown[]>, wanted: Map<unknown, unknown[]>, func: string) {
    expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort())
    for (const [host, values] of found) {
      const others = wanted.get(host) ?? []
      expect(values.length).toBe(others.length)
      for (const [i, value] of values.entries())
        expectClose(value, others[i], func === 'quantile_over_time' ? 0.0225 : 1e-12)
    }
  }

  function expectClose(found: unknown, wanted: unknown, tolerance: number) {
    if (typeof found !== 'number' || typeof wanted !== 'number' || !Number.isFinite(wanted)) expect(found).toBe(wanted)
    else expect(Math.abs(found - wanted)).toBeLessThanOrEqual(tolerance * Math.abs(wanted))
  }

  test('gives from its windows what the 10 s windows give, for every function', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase({ stale: false }), async (drawn) => {
        const { found, tens } = await bothAnswers(drawn)
        expectEqual(found, tens, drawn.func)
      }),
      { numRuns: 400 },
    )
  })
  test('gives what the raw points give, where they are 10 s apart', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase({ spacingMs: 20_000 }), async (drawn) => {
        const { found, raw } = await bothAnswers(drawn)
        expectEqual(found, raw, drawn.func)
      }),
      { numRuns: 400 },
    )
  })
  test('holds for occurrences too, alone and beside readings', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase({ series: [SERIES[0], EVENT], stale: false, odd: false }), async (drawn) => {
        const { found, tens } = await bothAnswers(drawn)
        expectEqual(found, tens, drawn.func)
      }),
      { numRuns: 300 },
    )
  })
  test('is answered from long windows wherever they are published', async () => {
    const points = Array.from({ length: 360 }, (_, i) => ({ series: SERIES[0], timeMs: T0 + i * 10_000, value: i }))
    const base = { points, frontierMs: T0 + 86_400_000, held: undefined, start: 1, steps: 0, stride: 1, width: 1 }
    for (const func of RANGE_FUNCTIONS) expect((await bothAnswers({ ...base, tier: '1h', func })).isCoarse).toBe(true)
  })
})

test('a sample series hides an event series of the same name and labels, and the answer says so', () => {
  const event = Series.of('m', { host: 'a' }, Kind.EventCounter)
  const points = [
    { series: event, timeMs: T0 + 1000, value: 5 },
    { series: SERIES[0], timeMs: T0 + 2000, value: 7 },
  ]
  const range = { startMs: windowStart(T0 + 1, WINDOW_MS), endMs: T0 + 10_000 }
  const reading = readingOf('bare', range, { stepMs: 0 })
  const collector = new RowCollector({ reading, range, tierMs: WINDOW_MS }, budget())
  collector.add(windowsOf(points, '10s'))
  const { series, warnings } = mergeParts([collector.finish()], range)
  expect(shown(series)).toEqual([`a ${T0 + 2000} 7`])
  expect(warnings).toEqual(['metric "m" has series of several kinds with the same labels: readings hide occurrences'])
})
