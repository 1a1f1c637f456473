import { describe, expect, test } from 'vitest'
import { Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import { emitPart, type Part, splitVirtualName } from './parts.js'
import { type TestPoint, windowsOf } from './testing/fake-views.js'

/** The points that a part of the window of these values (times in ms, from 60,000) has. */
function partOf(
  part: Part,
  kind: Kind,
  values: readonly (readonly [ms: number, value: number | 'stale'])[],
  tier: '10s' | '1m' = '10s',
) {
  const series = Series.of('m', {}, kind)
  const points: TestPoint[] = values.map(([ms, value]) => ({
    series,
    timeMs: ms,
    value: value === 'stale' ? Number.NaN : value,
    stale: value === 'stale',
  }))
  const emitted: [number, number | 'stale'][] = []
  emitPart(part, windowsOf(points, tier), 0, tier === '10s' ? 10_000 : 60_000, (timeMs, value, stale) => {
    emitted.push([timeMs, stale ? 'stale' : value])
  })
  return emitted
}

describe('a name with a suffix', () => {
  test.each([
    ['api_latency:p99', { metric: 'api_latency', part: 'p99' }],
    ['a:by_region:count', { metric: 'a:by_region', part: 'count' }],
    ['a:by_region', undefined],
    ['a', undefined],
    [':p99', undefined],
    ['a:', undefined],
    ['a:p99x', undefined],
  ])('%s', (name, split) => {
    expect(splitVirtualName(name)).toEqual(split)
  })
})

describe('the bare name', () => {
  test('of a sample series has the first and the last point at their own times', () => {
    expect(
      partOf('bare', Kind.Sample, [
        [60_001, 5],
        [63_000, 6],
        [69_999, 7],
      ]),
    ).toEqual([
      [60_001, 5],
      [69_999, 7],
    ])
  })
  test('of a window with one point has it once', () => {
    expect(partOf('bare', Kind.Sample, [[60_001, 5]])).toEqual([[60_001, 5]])
  })
  test('shows staleness markers where they stand', () => {
    expect(
      partOf('bare', Kind.Sample, [
        [60_001, 5],
        [63_000, 'stale'],
      ]),
    ).toEqual([
      [60_001, 5],
      [63_000, 'stale'],
    ])
    expect(
      partOf('bare', Kind.Sample, [
        [60_001, 'stale'],
        [63_000, 5],
      ]),
    ).toEqual([
      [60_001, 'stale'],
      [63_000, 5],
    ])
  })
  test('of a counter has the sum, of a timer the average, at the last millisecond of the window', () => {
    expect(
      partOf('bare', Kind.EventCounter, [
        [60_001, 5],
        [63_000, 6],
      ]),
    ).toEqual([[69_999, 11]])
    expect(
      partOf('bare', Kind.EventTimer, [
        [60_001, 5],
        [63_000, 6],
      ]),
    ).toEqual([[69_999, 5.5]])
    expect(
      partOf(
        'bare',
        Kind.EventTimer,
        [
          [60_001, 5],
          [73_000, 6],
        ],
        '1m',
      ),
    ).toEqual([[119_999, 5.5]])
  })
})

describe('a suffix', () => {
  const values = [
    [60_000, 4],
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
    expect(partOf(part, Kind.Sample, values)).toEqual([[69_999, value]])
  })
  test(':increase of an event series is its sum', () => {
    expect(partOf('increase', Kind.EventCounter, values)).toEqual([[69_999, 20]])
  })
  test('a quantile is within 1.1 % of the value of its rank, and never outside of what was seen', () => {
    const thousand = Array.from({ length: 1000 }, (_, i) => [60_000 + i, i + 1] as const)
    for (const [part, wanted] of [
      ['p50', 500],
      ['p95', 950],
      ['p99', 990],
    ] as const) {
      const [[, value]] = partOf(part, Kind.EventTimer, thousand)
      expect(Math.abs(Number(value) / wanted - 1)).toBeLessThanOrEqual(0.0111)
    }
    expect(partOf('p99', Kind.EventTimer, [[60_000, 3.7]])).toEqual([[69_999, 3.7]])
  })
  test('a window without a finite value has no average, count or quantile', () => {
    for (const part of ['avg', 'count', 'sum', 'p99'] as const)
      expect(partOf(part, Kind.Sample, [[60_000, Number.NaN]])).toEqual([])
  })
  test('a window with nothing but a staleness marker ends every part', () => {
    for (const part of ['avg', 'p99', 'last', 'first'] as const)
      expect(partOf(part, Kind.Sample, [[60_000, 'stale']])).toEqual([[69_999, 'stale']])
  })
})
