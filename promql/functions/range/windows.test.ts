import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WindowedSeries } from '../../../schemas/ports/series-source.js'
import { Sketch } from '../../../schemas/sketch/sketch.js'
import { Annotations } from '../../annotations.js'
import { type RangeSeries, rangeSeries } from '../../evaluate/range-series.js'
import { MovingView } from '../../evaluate/range-view.js'
import { StepSeries } from '../../evaluate/values.js'
import { RANGE_FUNCTIONS } from './index.js'

const WINDOW_MS = 10_000

interface Point {
  timeMs: number
  value: number
}

/** Counters with resets, readings of either sign, and what is no number. */
const value = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
)

const pointsOf = (values: fc.Arbitrary<number>, perWindow: number) =>
  fc
    .array(fc.array(fc.tuple(values, fc.integer({ min: 1, max: WINDOW_MS })), { maxLength: perWindow }), {
      minLength: 2,
      maxLength: 8,
    })
    .map((windows) =>
      windows.map((points, i) =>
        [...new Map(points.map(([one, offset]) => [offset, one]))]
          .sort(([a], [b]) => a - b)
          .map(([offset, one]) => ({ timeMs: i * WINDOW_MS + offset, value: one })),
      ),
    )

/** One row a window, as the speed and the batch layer would make it of finite points. */
function windowed(windows: readonly (readonly Point[])[]): WindowedSeries {
  const rows = windows.filter((points) => points.length > 0)
  const column = (of: (points: readonly Point[]) => number) => Float64Array.from(rows, of)
  const finite = (points: readonly Point[]) => points.map((point) => point.value).filter(Number.isFinite)
  return {
    labels: [['__name__', 'm_total']],
    timeMs: column((points) => points[points.length - 1].timeMs),
    value: column((points) => points[points.length - 1].value),
    stale: new Uint8Array(rows.length),
    windows: {
      kind: 'sample',
      count: column((points) => finite(points).length),
      sum: column((points) => finite(points).reduce((sum, one) => sum + one, 0)),
      min: column((points) => (finite(points).length ? Math.min(...finite(points)) : Number.NaN)),
      max: column((points) => (finite(points).length ? Math.max(...finite(points)) : Number.NaN)),
      first: column((points) => points[0].value),
      firstMs: column((points) => points[0].timeMs),
      increase: column((points) => {
        let grown = 0
        for (let i = 1; i < points.length; i++) {
          const [a, b] = [points[i - 1].value, points[i].value]
          grown += b < a ? b : b - a
        }
        return grown
      }),
      sketch: rows.map((points) => {
        const sketch = new Sketch()
        for (const one of finite(points)) sketch.add(one, 1)
        return new Set(finite(points)).size > 1 ? sketch : undefined
      }),
    },
  }
}

function plain(windows: readonly (readonly Point[])[]): WindowedSeries {
  const points = windows.flat()
  return {
    labels: [['__name__', 'm_total']],
    timeMs: Float64Array.from(points, (point) => point.timeMs),
    value: Float64Array.from(points, (point) => point.value),
    stale: new Uint8Array(points.length),
  }
}

/** What a function gives for the range (startMs, endMs]; undefined if nothing. */
function resultOf(name: string, series: RangeSeries, startMs: number, endMs: number): number | undefined {
  const scalar = Float64Array.of(0.3)
  const call = {
    span: { from: 0, to: 0 },
    rangeMs: endMs - startMs,
    params: [scalar, scalar],
    annotations: new Annotations(),
    pace: async () => undefined,
  }
  const view = new MovingView(series, { beforeMs: 0, afterMs: 0 })
  view.atMs = endMs
  view.moveTo(startMs, endMs)
  if (view.size === 0) return undefined
  const out = new StepSeries([], 1)
  RANGE_FUNCTIONS[name].of(series, call)(view, out)
  return out.present[0] ? out.value[0] : undefined
}

const whole = (read: WindowedSeries) => rangeSeries(read, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)

test('rows that are one point give exactly what points give, whatever other rows are', () => {
  const several: Point[] = [
    { timeMs: -9_000, value: 3 },
    { timeMs: -8_000, value: 7 },
  ]
  fc.assert(
    fc.property(pointsOf(value, 1), (windows) => {
      const endMs = windows.length * WINDOW_MS
      const rows = whole(windowed([several, ...windows]))
      const points = whole(plain([several, ...windows]))
      expect(rows.floats.windows).toBeDefined()
      for (const name of Object.keys(RANGE_FUNCTIONS)) {
        expect([name, resultOf(name, rows, 0, endMs)]).toEqual([name, resultOf(name, points, 0, endMs)])
      }
    }),
  )
})

test('what follows from aggregates is the same over windows as over their points', () => {
  const exact = ['count', 'min', 'max', 'first', 'last', 'present', 'ts_of_first', 'ts_of_last']
  const close = ['sum_over_time', 'avg_over_time', 'rate', 'increase', 'delta']
  const counter = fc.integer({ min: 0, max: 1000 })
  fc.assert(
    fc.property(pointsOf(counter, 5), fc.nat(3), (windows, skipped) => {
      const [startMs, endMs] = [skipped * WINDOW_MS, windows.length * WINDOW_MS]
      const [rows, points] = [whole(windowed(windows)), whole(plain(windows))]
      for (const name of exact) {
        const func = `${name}_over_time`
        expect([func, resultOf(func, rows, startMs, endMs)]).toEqual([func, resultOf(func, points, startMs, endMs)])
      }
      for (const func of close) {
        const [a, b] = [resultOf(func, rows, startMs, endMs), resultOf(func, points, startMs, endMs)]
        if (b === undefined) expect([func, a]).toEqual([func, undefined])
        else expect(a, func).toBeCloseTo(b, 6)
      }
    }),
  )
})

test('quantiles and deviations of windows are within the bound of their sketches', () => {
  const rows = whole(windowed([[100, 110, 120, 130].map((one, i) => ({ timeMs: i + 1, value: one }))]))
  // Of the points it is 109: nine tenths of the way from 100 to 110.
  expect(Math.abs((resultOf('quantile_over_time', rows, 0, WINDOW_MS) ?? 0) / 109 - 1)).toBeLessThan(0.011)
  expect(resultOf('stddev_over_time', rows, 0, WINDOW_MS)).toBeCloseTo(Math.sqrt(125), 0)
})

test('growth of occurrences is their sum, without extrapolation', () => {
  const read = windowed([[{ timeMs: 5_000, value: 6 }], [{ timeMs: 12_000, value: 4 }]])
  const events = whole({ ...read, windows: { ...read.windows!, kind: 'event' } })
  expect(resultOf('increase', events, 0, 20_000)).toBe(10)
  expect(resultOf('rate', events, 0, 20_000)).toBe(0.5)
})

test('a staleness marker ends a window, and hides none of its points', () => {
  const read = windowed([
    [
      { timeMs: 1_000, value: 2 },
      { timeMs: 2_000, value: 5 },
    ],
  ])
  read.value[0] = Number.NaN
  read.stale[0] = 1
  const rows = whole(read)
  expect(resultOf('count_over_time', rows, 0, WINDOW_MS)).toBe(2)
  expect(resultOf('last_over_time', rows, 0, WINDOW_MS)).toBe(5)
  expect(whole({ ...read, windows: undefined }).floats.timeMs).toHaveLength(0)
})
