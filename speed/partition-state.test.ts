import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeDictionary } from '../schemas/log/dictionary.js'
import { decodeRecord, encodeRecord } from '../schemas/log/record.js'
import { Kind, markStaleAt, wordsOf } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import {
  LAST_STALE,
  NON_FINITE,
  WINDOW_COLUMNS,
  type WindowBatch,
  type WindowColumn,
  type WindowColumns,
} from '../schemas/windows/columns.js'
import { PartitionState } from './partition-state.js'
import { Rollups } from './rollup.js'

const T0 = 1_767_225_600_000
const RULES = { latenessMs: 15_000, idleAfterMs: 30_000 }
const cpu = Series.of('cpu', { host: 'a' }, Kind.Sample)
const cpuB = Series.of('cpu', { host: 'b' }, Kind.Sample)
const hits = Series.of('hits', { host: 'a' }, Kind.EventCounter)

interface Point {
  series: Series
  timeMs: number
  value: number
  stale?: boolean
}

function record(points: Point[], receivedMs: number) {
  const series = [...new Set(points.map((point) => point.series))]
  const value = Float64Array.from(points, (point) => point.value)
  points.forEach((point, i) => {
    if (point.stale) markStaleAt(wordsOf(value), i)
  })
  const bytes = encodeRecord({
    dictionary: encodeDictionary(series),
    pointCount: points.length,
    seriesIndex: Uint32Array.from(points, (point) => series.indexOf(point.series)),
    timeMs: Float64Array.from(points, (point) => point.timeMs),
    value,
    receivedMs,
  })
  return decodeRecord(bytes)
}

function freshState(rollups = new Rollups([])) {
  return new PartitionState({ partition: 0, rules: RULES, rollups, nowMs: T0 })
}

/** Windows as plain rows, in order of series and time, for comparison. */
function rows(batches: WindowBatch[]) {
  return batches
    .flatMap(({ windows }) =>
      Array.from({ length: windows.length }, (_, row) => ({
        series: windows.series[row].toString(),
        start: windows.start[row],
        stale: windows.stale[row],
        p50: windows.sketch[row]?.quantile(0.5),
        ...columnsOf(windows, row),
      })),
    )
    .sort((a, b) => a.start - b.start || (a.series < b.series ? -1 : 1))
}

function columnsOf(windows: WindowColumns, row: number): Record<WindowColumn, number> {
  return Object.fromEntries(WINDOW_COLUMNS.map((column) => [column, windows[column][row]])) as Record<
    WindowColumn,
    number
  >
}

/** Opens the partition with a first record, so that the watermark stands at T0 − lateness. */
function opened(state: PartitionState): PartitionState {
  state.apply(0, record([{ series: cpuB, timeMs: T0, value: 0 }], T0), T0)
  return state
}

function closeAll(state: PartitionState, offset: number): WindowBatch[] {
  state.apply(offset, record([{ series: cpuB, timeMs: T0 + 600_000, value: 0 }], T0 + 600_000), T0 + 600_000)
  return state.takeClosed()
}

describe('a window', () => {
  test('closes once the watermark has passed its end, and holds what came', () => {
    const state = opened(freshState())
    state.apply(
      1,
      record(
        [
          { series: cpu, timeMs: T0 + 1, value: 3 },
          { series: cpu, timeMs: T0 + 10_000, value: 5 },
        ],
        T0 + 10_000,
      ),
      T0,
    )
    // A point as old as the watermark may still come, and the window's end is its last ms.
    state.apply(2, record([{ series: cpu, timeMs: T0 + 25_000, value: 1 }], T0 + 25_000), T0)
    expect(state.takeClosed().map(({ startMs }) => startMs)).toEqual([T0 - 10_000])
    state.apply(3, record([{ series: cpu, timeMs: T0 + 25_001, value: 1 }], T0 + 25_001), T0)
    const closed = rows(state.takeClosed())
    expect(closed.find((row) => row.series === cpu.toString())).toMatchObject({
      start: T0,
      count: 2,
      sum: 8,
      min: 3,
      max: 5,
      first: 3,
      last: 5,
      lastMs: T0 + 10_000,
      increase: 2,
    })
  })

  test('whose last point is a staleness marker says so, and its value does not show through', () => {
    const state = opened(freshState())
    state.apply(
      1,
      record(
        [
          { series: cpu, timeMs: T0 + 1000, value: 3 },
          { series: cpu, timeMs: T0 + 2000, value: 0, stale: true },
        ],
        T0,
      ),
      T0,
    )
    const row = rows(closeAll(state, 2)).find((one) => one.series === cpu.toString())
    expect(row).toMatchObject({ count: 1, last: Number.NaN, stale: LAST_STALE | NON_FINITE, sum: 3 })
  })

  test('of an event series counts every point, equal ones too', () => {
    const state = opened(freshState())
    const point = { series: hits, timeMs: T0 + 1, value: 2 }
    state.apply(1, record([point, point, point], T0), T0)
    expect(rows(closeAll(state, 2)).find((one) => one.series === hits.toString())).toMatchObject({
      count: 3,
      sum: 6,
      increase: 0,
    })
  })
})

describe('the watermark', () => {
  test('is not moved by a sender whose clock is minutes fast', () => {
    const state = opened(freshState())
    state.apply(1, record([{ series: cpu, timeMs: T0 + 500_000, value: 1 }], T0 + 1000), T0)
    expect(state.watermarkMs).toBe(T0 + 1000 - RULES.latenessMs)
    expect(state.apply(2, record([{ series: cpuB, timeMs: T0 + 900, value: 1 }], T0 + 1000), T0)).toBeUndefined()
  })

  test('follows the clock where nothing comes any more', () => {
    const state = opened(freshState())
    state.followClock(T0 + 29_000)
    expect(state.watermarkMs).toBe(T0 - RULES.latenessMs)
    state.followClock(T0 + 30_000)
    expect(state.watermarkMs).toBe(T0 + 30_000 - RULES.latenessMs)
    expect(state.takeClosed()).toHaveLength(1)
  })
})

test('a point for a closed window is counted as late, by series and window', () => {
  const state = opened(freshState())
  closeAll(state, 1)
  const late = state.apply(
    2,
    record(
      [
        { series: cpu, timeMs: T0 + 5, value: 1 },
        { series: cpu, timeMs: T0 + 6, value: 1 },
      ],
      T0 + 600_000,
    ),
    T0,
  )
  expect(late).toMatchObject({ offset: 2, windowStart: Float64Array.of(T0), points: Uint32Array.of(2) })
  expect(late?.seriesIds).toEqual(Uint32Array.of(cpu.idLow, cpu.idHigh))
})

const anyPoint = fc.record({
  series: fc.constantFrom(cpu, cpuB, hits),
  timeMs: fc.integer({ min: T0, max: T0 + 30_000 }),
  value: fc.oneof(
    fc.integer({ min: -50, max: 50 }).map((n) => n + 0),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-300),
  ),
})

describe('laws', () => {
  test('any order and any batching of the same points give the same windows', () => {
    fc.assert(
      fc.property(
        fc
          .array(anyPoint, { minLength: 1, maxLength: 60 })
          .chain((points) =>
            fc.tuple(
              fc.constant(points),
              fc.shuffledSubarray(points, { minLength: points.length }),
              fc.integer({ min: 1, max: 20 }),
            ),
          ),
        ([points, shuffled, size]) => {
          const straight = opened(freshState())
          straight.apply(1, record(points, T0), T0)
          const mixed = opened(freshState())
          let offset = 1
          for (let i = 0; i < shuffled.length; i += size)
            mixed.apply(offset++, record(shuffled.slice(i, i + size), T0), T0)
          expect(rows(closeAll(mixed, offset))).toEqual(rows(closeAll(straight, 2)))
        },
      ),
    )
  })

  test('samples sent again change nothing', () => {
    fc.assert(
      fc.property(fc.array(anyPoint, { minLength: 1, maxLength: 40 }), (points) => {
        const samples = points.filter((point) => point.series !== hits)
        fc.pre(samples.length > 0)
        const once = opened(freshState())
        once.apply(1, record(samples, T0), T0)
        const twice = opened(freshState())
        twice.apply(1, record(samples, T0), T0)
        twice.apply(2, record([...samples].reverse(), T0), T0)
        expect(rows(closeAll(twice, 3))).toEqual(rows(closeAll(once, 2)))
      }),
    )
  })

  test('a restart from the committed position gives the windows that were not closed before, and no late point twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyPoint, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 8 }),
        fc.nat(7),
        (batches, crashAt) => {
          const records = batches.map((points, i) => record(points, T0 + i * 12_000))
          const through = opened(freshState())
          const expected: WindowBatch[] = []
          let late = 0
          records.forEach((one, i) => {
            late += through.apply(i + 1, one, T0)?.points.reduce((sum, n) => sum + n, 0) ?? 0
            expected.push(...through.takeClosed())
          })
          const before = opened(freshState())
          const got: WindowBatch[] = []
          let lateAgain = 0
          const count = (points?: { points: Uint32Array }) => points?.points.reduce((sum, n) => sum + n, 0) ?? 0
          const crash = Math.min(crashAt, records.length - 1)
          for (let i = 0; i < crash; i++) {
            lateAgain += count(before.apply(i + 1, records[i], T0))
            got.push(...before.takeClosed())
          }
          const position = before.position()!
          const after = new PartitionState({
            partition: 0,
            rules: RULES,
            rollups: new Rollups([]),
            nowMs: T0,
            restored: position.commit,
          })
          const all = [record([{ series: cpuB, timeMs: T0, value: 0 }], T0), ...records]
          for (let offset = position.offset; offset < all.length; offset++) {
            lateAgain += count(after.apply(offset, all[offset], T0))
            got.push(...after.takeClosed())
          }
          got.push(...closeAll(after, all.length))
          expected.push(...closeAll(through, all.length))
          expect(rows(got)).toEqual(rows(expected))
          expect(lateAgain).toBe(late)
        },
      ),
    )
  })
})

test('a rollup merges the windows of its metric over every other label, and may leave out the sources', () => {
  const rule = { match: 'cpu', by: ['region'], keep_source: false }
  const state = opened(freshState(new Rollups([rule])))
  const points = ['eu', 'eu', 'us'].map((region, i) => ({
    series: Series.of('cpu', { host: `h${i}`, region }, Kind.Sample),
    timeMs: T0 + 100 + i,
    value: i + 1,
  }))
  state.apply(1, record(points, T0), T0)
  const names = rows(closeAll(state, 2)).map(({ series, count, sum, max }) => ({ series, count, sum, max }))
  expect(names).toContainEqual({ series: 'cpu:by_region{region="eu"} (event)', count: 2, sum: 3, max: 2 })
  expect(names).toContainEqual({ series: 'cpu:by_region{region="us"} (event)', count: 1, sum: 3, max: 3 })
  expect(names.some(({ series }) => series.startsWith('cpu{'))).toBe(false)
})
