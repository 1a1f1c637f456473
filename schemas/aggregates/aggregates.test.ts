import { describe, expect, test } from 'vitest'
import { Kind } from '../points.js'
import { Series } from '../series/series.js'
import { FIRST_STALE, LAST_STALE, NON_FINITE, WindowColumns } from '../windows/columns.js'
import { addEvent, addSample, mergeAcross, mergeWindow } from './index.js'

const STALE = 'stale'
type Reading = [timeMs: number, value: number | typeof STALE]

function samples(...readings: Reading[]): WindowColumns {
  const windows = new WindowColumns(1)
  const row = windows.push(Series.of('m', [], Kind.Sample), 0)
  for (const [timeMs, value] of readings)
    addSample(windows, row, timeMs, value === STALE ? Number.NaN : value, value === STALE)
  windows.settle()
  return windows
}

function events(...occurrences: [timeMs: number, value: number, weight?: number][]): WindowColumns {
  const windows = new WindowColumns(1)
  const row = windows.push(Series.of('m', [], Kind.EventTimer), 0)
  for (const [timeMs, value, weight = 1] of occurrences) addEvent(windows, row, timeMs, value, weight)
  windows.settle()
  return windows
}

function rowOf(windows: WindowColumns) {
  const { count, sum, min, max, first, firstMs, last, lastMs, increase, stale } = windows
  return {
    count: count[0],
    sum: sum[0],
    min: min[0],
    max: max[0],
    first: first[0],
    firstMs: firstMs[0],
    last: last[0],
    lastMs: lastMs[0],
    increase: increase[0],
    stale: stale[0],
  }
}

function merged(...parts: WindowColumns[]): WindowColumns {
  const into = new WindowColumns(1)
  into.push(parts[0].series[0], 0)
  for (const part of parts) mergeWindow(into, 0, part, 0)
  into.settle()
  return into
}

describe('a window of readings', () => {
  test('knows their number, sum, extremes, edges and growth', () => {
    expect(rowOf(samples([0, 5], [10, 9], [20, 2], [30, 4]))).toEqual({
      count: 4,
      sum: 20,
      min: 2,
      max: 9,
      first: 5,
      firstMs: 0,
      last: 4,
      lastMs: 30,
      increase: 4 + 2 + 2,
      stale: 0,
    })
  })

  test('keeps NaN and infinities out of everything but its edges', () => {
    expect(rowOf(samples([0, Number.NaN], [10, 3], [20, Number.POSITIVE_INFINITY]))).toMatchObject({
      count: 1,
      sum: 3,
      min: 3,
      max: 3,
      first: Number.NaN,
      last: Number.POSITIVE_INFINITY,
      increase: 0,
      stale: NON_FINITE,
    })
  })

  test('with no finite reading counts nothing', () => {
    expect(rowOf(samples([0, Number.NaN]))).toMatchObject({
      count: 0,
      sum: 0,
      min: Number.NaN,
      max: Number.NaN,
      firstMs: 0,
    })
  })

  test('whose last point is a staleness marker is stale: the reading before it does not show through', () => {
    expect(rowOf(samples([0, 1], [10, STALE]))).toMatchObject({
      last: Number.NaN,
      lastMs: 10,
      stale: LAST_STALE | NON_FINITE,
      count: 1,
    })
    expect(rowOf(samples([0, STALE], [10, 1]))).toMatchObject({
      first: Number.NaN,
      last: 1,
      stale: FIRST_STALE | NON_FINITE,
    })
    expect(rowOf(samples([0, STALE]))).toMatchObject({ count: 0, stale: FIRST_STALE | LAST_STALE | NON_FINITE })
  })

  test('counts no growth over a gap', () => {
    expect(rowOf(samples([0, 1], [10, STALE], [20, 100], [30, 101])).increase).toBe(1)
  })

  test('sums without losing what is small beside what is large', () => {
    expect(rowOf(samples([0, 1e16], [1, 1], [2, 1], [3, -1e16])).sum).toBe(2)
  })

  test('stores a sketch only once two of its readings differ', () => {
    const equal = samples([0, 7], [1, 7], [2, Number.NaN])
    expect(equal.sketch[0]).toBeUndefined()
    expect([equal.min[0], equal.max[0], equal.count[0]]).toEqual([7, 7, 2])
    expect(samples([0, 7], [1, 8]).sketch[0]?.count()).toBe(2)
    expect(samples([0, Number.NaN]).sketch[0]).toBeUndefined()
  })
})

describe('a window of occurrences', () => {
  test('counts each as often as it was sampled, and has no growth', () => {
    expect(rowOf(events([0, 3, 10], [5, 1]))).toMatchObject({ count: 11, sum: 31, min: 1, max: 3, increase: 0 })
  })

  test('is the same whatever order they came in, at one time too', () => {
    const occurrences: [number, number][] = [
      [5, 2],
      [0, -0],
      [5, 1],
      [0, 0],
      [3, 9],
    ]
    const forth = rowOf(events(...occurrences))
    const back = rowOf(events(...occurrences.toReversed()))
    expect(back).toEqual(forth)
    expect(forth).toMatchObject({ first: -0, last: 2 })
  })
})

describe('merging', () => {
  test('adds the step from one window to the next to its growth, and a reset counts from zero', () => {
    expect(rowOf(merged(samples([0, 5], [9, 7]), samples([10, 10], [19, 12]))).increase).toBe(2 + 3 + 2)
    expect(rowOf(merged(samples([0, 5]), samples([10, 3]))).increase).toBe(3)
  })

  test('gives what the points together would', () => {
    const readings: Reading[] = [
      [0, 1],
      [1, STALE],
      [2, 5],
      [3, Number.NaN],
      [4, 0.1],
      [5, 0.2],
    ]
    const whole = samples(...readings)
    for (let at = 1; at < readings.length; at++) {
      const both = merged(samples(...readings.slice(0, at)), samples(...readings.slice(at)))
      expect(rowOf(both)).toEqual(rowOf(whole))
      expect(both.sketch[0]?.count()).toBe(whole.sketch[0]?.count())
    }
  })

  test('with an empty window changes nothing, from either side', () => {
    const full = () => samples([0, 1], [1, 2])
    const empty = () => samples()
    expect(rowOf(merged(full(), empty()))).toEqual(rowOf(full()))
    expect(rowOf(merged(empty(), full()))).toEqual(rowOf(full()))
    const across = full()
    mergeAcross(across, 0, empty(), 0)
    expect(rowOf(across)).toEqual(rowOf(full()))
  })

  test('leaves the window that was merged as it was, its sketch too', () => {
    const later = samples([10, 1], [11, 2])
    const into = merged(later)
    mergeWindow(into, 0, samples([20, 50]), 0)
    expect(later.sketch[0]?.count()).toBe(2)
    expect(into.sketch[0]?.count()).toBe(3)
  })

  test('across series lets edges go by time and adds growth without a step between them', () => {
    const into = events()
    mergeAcross(into, 0, samples([5, 10], [8, 12]), 0)
    mergeAcross(into, 0, samples([2, 100], [6, 101]), 0)
    expect(rowOf(into)).toMatchObject({ first: 100, firstMs: 2, last: 12, lastMs: 8, increase: 3, count: 4 })
  })
})
