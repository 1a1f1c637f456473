import { describe, expect, test } from 'vitest'
import { Kind } from '../schemas/points.js'
import type { SelectHints } from '../schemas/ports/series-source.js'
import { Series } from '../schemas/series/series.js'
import { type Part, splitVirtualName } from '../schemas/windows/parts.js'
import { ReadBudget, RowCollector } from './collector.js'
import { asHistograms } from './histogram-rows.js'
import { mergeParts } from './merge.js'
import { readingOf } from './reading.js'
import { type TestPoint, windowsOf } from './testing/fake-views.js'

type Values = readonly (readonly [ms: number, value: number | 'stale'])[]
const MINUTE = { startMs: 60_000, endMs: 120_000 }
/** At a moment beside the windows' grid. */
const BESIDE: SelectHints = { stepMs: 0, lookbackMs: 59_999 }
const ON_GRID: SelectHints = { stepMs: 0, lookbackMs: 60_000 }

/** The rows of a part of the windows of these values (times in ms, after 60,000). */
function rowsOf(part: Part, kind: Kind, values: Values, hints: SelectHints = BESIDE, tier: '10s' | '1m' = '10s') {
  const series = Series.of('m', {}, kind)
  const points: TestPoint[] = values.map(([ms, value]) => ({
    series,
    timeMs: ms,
    value: value === 'stale' ? Number.NaN : value,
    stale: value === 'stale',
  }))
  const reading = readingOf(part, MINUTE, hints)
  const budget = new ReadBudget({ querySamples: 1e9, querySeries: 1e9 })
  const collector = new RowCollector({ reading, range: MINUTE, tierMs: tier === '10s' ? 10_000 : 60_000 }, budget)
  collector.add(windowsOf(points, tier))
  return mergeParts([collector.finish()], MINUTE).series[0]
}

/** Time and value of each row. */
function partOf(...asked: Parameters<typeof rowsOf>): [number, number | 'stale'][] {
  const rows = rowsOf(...asked)
  return rows ? [...rows.timeMs].map((ms, i) => [ms, rows.stale[i] === 1 ? 'stale' : rows.value[i]]) : []
}

describe('a name with a suffix', () => {
  test.each([
    ['api_latency:p99', { metric: 'api_latency', part: 'p99' }],
    ['a:by_region:count', { metric: 'a:by_region', part: 'count' }],
    ['a:histogram', { metric: 'a', part: 'histogram' }],
    ['a:by_region', undefined],
    ['a', undefined],
    [':p99', undefined],
    ['a:', undefined],
    ['a:p99x', undefined],
  ])('%s', (name, split) => {
    expect(splitVirtualName(name)).toEqual(split)
  })
})

describe('the bare name of a sample series', () => {
  const values: Values = [
    [60_001, 5],
    [63_000, 6],
    [70_000, 7],
  ]
  test('has the last point of each window for moments on the windows’ grid', () => {
    expect(partOf('bare', Kind.Sample, values, ON_GRID)).toEqual([[70_000, 7]])
  })
  test('has the first and the last point for others', () => {
    expect(partOf('bare', Kind.Sample, values)).toEqual([
      [60_001, 5],
      [70_000, 7],
    ])
    expect(partOf('bare', Kind.Sample, [[60_001, 5]])).toEqual([[60_001, 5]])
  })
  test('shows staleness markers where they stand', () => {
    const ended: Values = [
      [60_001, 5],
      [63_000, 'stale'],
    ]
    expect(partOf('bare', Kind.Sample, ended)).toEqual([
      [60_001, 5],
      [63_000, 'stale'],
    ])
    expect(partOf('bare', Kind.Sample, ended, ON_GRID)).toEqual([[63_000, 'stale']])
  })
  test('has windows for a function of a range, and no more of them than that takes', () => {
    const rate = rowsOf('bare', Kind.Sample, values, { stepMs: 0, rangeMs: 60_000, func: 'rate' })
    expect(rate).toMatchObject({ timeMs: new Float64Array([70_000]), value: new Float64Array([7]) })
    expect(rate.windows).toMatchObject({
      kind: 'sample',
      count: new Float64Array([3]),
      first: new Float64Array([5]),
      firstMs: new Float64Array([60_001]),
      increase: new Float64Array([2]),
      max: new Float64Array(0),
    })
    expect(rate.windows?.sketch).toBeUndefined()
    const quantile = rowsOf('bare', Kind.Sample, values, { stepMs: 0, rangeMs: 60_000, func: 'quantile_over_time' })
    expect(quantile.windows?.sketch?.[0]?.count()).toBe(3)
  })
  test('has plain points where no window holds two', () => {
    const spaced: Values = [
      [60_001, 5],
      [70_001, 6],
    ]
    const rows = rowsOf('bare', Kind.Sample, spaced, { stepMs: 0, rangeMs: 60_000, func: 'rate' })
    expect([...rows.value, rows.windows]).toEqual([5, 6, undefined])
  })
  test('has the points that are known where the function is one of points', () => {
    const deriv: SelectHints = { stepMs: 0, rangeMs: 60_000, func: 'deriv' }
    expect(partOf('bare', Kind.Sample, values, deriv)).toHaveLength(2)
    const anchored: SelectHints = { stepMs: 0, rangeMs: 60_000, func: 'increase', everyPoint: true }
    expect(partOf('bare', Kind.Sample, values, anchored)).toHaveLength(2)
  })
})

test('the bare name of a counter has the sum, of a timer the average, at the end of the window', () => {
  const values: Values = [
    [60_001, 5],
    [63_000, 6],
  ]
  expect(partOf('bare', Kind.EventCounter, values)).toEqual([[70_000, 11]])
  expect(partOf('bare', Kind.EventTimer, values)).toEqual([[70_000, 5.5]])
  const spread: Values = [
    [60_001, 5],
    [73_000, 6],
  ]
  expect(partOf('bare', Kind.EventTimer, spread, BESIDE, '1m')).toEqual([[120_000, 5.5]])
  const rate = rowsOf('bare', Kind.EventCounter, values, { stepMs: 0, rangeMs: 60_000, func: 'rate' })
  expect(rate.windows).toMatchObject({ kind: 'event', count: new Float64Array([2]), sum: new Float64Array([11]) })
})

describe('a suffix', () => {
  const values = [
    [60_001, 4],
    [61_000, 8],
    [62_000, 2],
    [63_000, 6],
  ] as const
  test.each([
    ['count', 4],
    ['sum', 20],
    ['min', 2],
    ['max', 8],
    ['avg', 5],
    ['first', 4],
    ['last', 6],
    ['increase', 10],
  ] as const)(':%s of a sample series', (part, value) => {
    expect(partOf(part, Kind.Sample, values)).toEqual([[70_000, value]])
  })
  test(':increase of an event series is its sum', () => {
    expect(partOf('increase', Kind.EventCounter, values)).toEqual([[70_000, 20]])
  })
  test('a quantile is within 1.1 % of the value of its rank, and never outside of what was seen', () => {
    const thousand = Array.from({ length: 1000 }, (_, i) => [60_001 + i, i + 1] as const)
    for (const [part, wanted] of [
      ['p50', 500],
      ['p95', 950],
      ['p99', 990],
    ] as const) {
      const [[, value]] = partOf(part, Kind.EventTimer, thousand)
      expect(Math.abs(Number(value) / wanted - 1)).toBeLessThanOrEqual(0.0111)
    }
    expect(partOf('p99', Kind.EventTimer, [[60_001, 3.7]])).toEqual([[70_000, 3.7]])
  })
  test(':histogram is the distribution of each window as a native histogram', () => {
    const rows = rowsOf('histogram', Kind.EventTimer, [...values, [75_000, 1]])
    asHistograms(rows)
    expect(rows.histogram).toMatchObject([
      {
        schema: 5,
        count: 4,
        sum: 20,
        counterReset: 'gauge',
        positive: { index: [32, 64, 83, 96], count: [1, 1, 1, 1] },
      },
      { schema: 5, count: 1, sum: 1, positive: { index: [0], count: [1] } },
    ])
    expect([...rows.timeMs]).toEqual([70_000, 80_000])
  })
  test('a window without a finite value has no average, count or quantile', () => {
    for (const part of ['avg', 'count', 'sum', 'p99'] as const)
      expect(partOf(part, Kind.Sample, [[60_001, Number.NaN]])).toEqual([])
  })
  test('a window with nothing but a staleness marker ends every part', () => {
    for (const part of ['avg', 'p99', 'last', 'first'] as const)
      expect(partOf(part, Kind.Sample, [[60_001, 'stale']])).toEqual([[70_000, 'stale']])
  })
})
