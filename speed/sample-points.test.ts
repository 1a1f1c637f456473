import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSample } from '../schemas/aggregates/index.js'
import { compareValues, Kind } from '../schemas/points.js'
import { Series } from '../schemas/series/series.js'
import type { Sketch } from '../schemas/sketch/sketch.js'
import { WINDOW_COLUMNS, WindowColumns } from '../schemas/windows/columns.js'
import { SamplePoints } from './sample-points.js'

const START_MS = 1_767_225_600_000
const series = ['a', 'b', 'c'].map((host) => Series.of('cpu', { host }, Kind.Sample))

interface Point {
  series: number
  offset: number
  /** NaN for a staleness marker. */
  value: number
  stale: boolean
}

const finite = fc.oneof(fc.constantFrom(0, -0, 1), fc.double({ min: -1000, max: 1000, noNaN: true }))
const anyValue = fc.oneof(fc.double(), finite, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY))
const marker = fc.constant({ value: Number.NaN, stale: true })
const reading = (value: fc.Arbitrary<number>) => fc.record({ value, stale: fc.constant(false) })
const pointOf = (content: fc.Arbitrary<Pick<Point, 'value' | 'stale'>>): fc.Arbitrary<Point> =>
  fc
    .tuple(
      fc.nat(series.length - 1),
      fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 10_000 })),
      content,
    )
    .map(([one, offset, what]) => ({ series: one, offset, ...what }))
const anyPoints = fc.oneof(
  fc.array(pointOf(reading(finite)), { maxLength: 60 }),
  fc.array(pointOf(fc.oneof({ weight: 5, arbitrary: reading(anyValue) }, { weight: 1, arbitrary: marker })), {
    maxLength: 60,
  }),
)

function folded(points: readonly Point[]): WindowColumns {
  const samples = new SamplePoints()
  for (const { series: one, offset, value, stale } of points) {
    if (stale) samples.addStale(one, offset)
    else samples.add(one, offset, value)
  }
  const windows = new WindowColumns()
  samples.fold(series, START_MS, windows)
  return windows
}

/** The same, told as the design says it: sorted, at equal times the larger value, one by one. */
function oneByOne(points: readonly Point[]): WindowColumns {
  const windows = new WindowColumns()
  for (const [index, one] of series.entries()) {
    const own = points.filter((point) => point.series === index)
    own.sort((a, b) => a.offset - b.offset || compareValues(a.value, a.stale, b.value, b.stale))
    const winners = own.filter(({ offset }, i) => own[i + 1]?.offset !== offset)
    if (winners.length === 0) continue
    const row = windows.push(one, START_MS)
    for (const { offset, value, stale } of winners) addSample(windows, row, START_MS + offset, value, stale)
  }
  return windows
}

function contents(windows: WindowColumns) {
  return Array.from({ length: windows.length }, (_, row) => ({
    series: windows.series[row].labels,
    columns: [...WINDOW_COLUMNS, 'sumError' as const, 'stale' as const].map((column) => windows[column][row]),
    sketch: bucketsOf(windows.sketch[row]),
  }))
}

function bucketsOf(sketch: Sketch | undefined) {
  if (!sketch) return undefined
  const { schema, zeroCount, positive, negative } = sketch
  const [above, below] = [positive, negative].map(({ offset, counts, length }) => ({
    offset: length > 0 ? offset : 0,
    counts: [...counts.subarray(0, length)],
  }))
  return { schema, zeroCount, above, below }
}

test('folded are the points one by one in order of time, at equal times the larger, to the last bit', () => {
  const law = (points: Point[]) => {
    expect(contents(folded(points))).toEqual(contents(oneByOne(points)))
  }
  fc.assert(fc.property(anyPoints, law), { numRuns: 500 })
})

test('a window in which every millisecond has a point is folded whole', () => {
  const points = Array.from({ length: 10_000 }, (_, i) => ({ series: 0, offset: i + 1, value: i % 7, stale: false }))
  expect(contents(folded(points))).toEqual(contents(oneByOne(points)))
})

test('the points stay: folded again they give the same', () => {
  const samples = new SamplePoints()
  samples.add(0, 2, 5)
  samples.add(0, 1, 7)
  const [first, again] = [new WindowColumns(), new WindowColumns()]
  samples.fold(series, START_MS, first)
  samples.fold(series, START_MS, again)
  expect(contents(again)).toEqual(contents(first))
})

test('cleared it holds nothing of before, staleness markers included', () => {
  const samples = new SamplePoints()
  for (let offset = 1; offset <= 1000; offset++) samples.addStale(offset % 3, offset)
  expect(samples.isWellFilled).toBe(true)
  samples.clear()
  samples.add(1, 5, 7)
  expect(samples.isWellFilled).toBe(false)
  const windows = new WindowColumns()
  samples.fold(series, START_MS, windows)
  expect(contents(windows)).toEqual(contents(oneByOne([{ series: 1, offset: 5, value: 7, stale: false }])))
})
