import { describe, expect, test } from 'vitest'
import type { SelectHints, SeriesSource } from '../schemas/ports/series-source.js'
import type { TimeRange } from '../schemas/time.js'
import { evaluateInstant, evaluateRange } from './evaluate.js'
import { parseSelector } from './parse.js'

type Point = readonly [seconds: number, value: number | 'stale']

/** A source of one series `m` that gives what was asked for, and remembers it. */
function sourceOf(points: readonly Point[]) {
  const asked: { range: TimeRange; hints: SelectHints }[] = []
  const source: SeriesSource = {
    async *select(_matchers, range, hints) {
      asked.push({ range, hints })
      const kept = points.filter(([s]) => s * 1000 > range.startMs && s * 1000 <= range.endMs)
      yield {
        labels: [['__name__', 'm']],
        timeMs: Float64Array.from(kept, ([s]) => s * 1000),
        value: Float64Array.from(kept, ([, v]) => (v === 'stale' ? Number.NaN : v)),
        stale: Uint8Array.from(kept, ([, v]) => (v === 'stale' ? 1 : 0)),
      }
    },
  }
  return { source, asked }
}

async function instant(text: string, seconds: number, points: readonly Point[]) {
  const value = await evaluateInstant(parseSelector(text), seconds * 1000, sourceOf(points).source)
  if (value.type === 'vector') return value.samples.map(({ timeMs, value }) => [timeMs / 1000, value])
  return value.series.flatMap(({ timeMs, value }) => [...timeMs].map((ms, i) => [ms / 1000, value[i]]))
}

async function range(text: string, [start, end, step]: readonly [number, number, number], points: readonly Point[]) {
  const grid = { startMs: start * 1000, endMs: end * 1000, stepMs: step * 1000 }
  const value = await evaluateRange(parseSelector(text), grid, sourceOf(points).source)
  return value.type === 'matrix'
    ? value.series.flatMap(({ timeMs, value }) => [...timeMs].map((ms, i) => [ms / 1000, value[i]]))
    : []
}

describe('an instant vector', () => {
  test('has the newest point up to the moment, at the moment', async () => {
    expect(
      await instant('m', 25, [
        [10, 1],
        [20, 2],
        [30, 3],
      ]),
    ).toEqual([[25, 2]])
  })
  test('includes a point of that very moment', async () => {
    expect(
      await instant('m', 20, [
        [10, 1],
        [20, 2],
      ]),
    ).toEqual([[20, 2]])
  })
  test('looks back five minutes, the point exactly five minutes ago excluded', async () => {
    expect(await instant('m', 310, [[10, 1]])).toEqual([])
    expect(await instant('m', 309.999, [[10, 1]])).toEqual([[309.999, 1]])
  })
  test('ends at a staleness marker', async () => {
    expect(
      await instant('m', 25, [
        [10, 1],
        [20, 'stale'],
      ]),
    ).toEqual([])
    expect(
      await instant('m', 30, [
        [10, 1],
        [20, 'stale'],
        [30, 3],
      ]),
    ).toEqual([[30, 3]])
  })
  test('shows NaN, which is a value', async () => {
    expect(await instant('m', 10, [[10, Number.NaN]])).toEqual([[10, Number.NaN]])
  })
  test('is read earlier with offset and at the time after @', async () => {
    expect(
      await instant('m offset 10s', 30, [
        [10, 1],
        [20, 2],
        [30, 3],
      ]),
    ).toEqual([[30, 2]])
    expect(
      await instant('m @ 10', 30, [
        [10, 1],
        [20, 2],
        [30, 3],
      ]),
    ).toEqual([[30, 1]])
  })
})

describe('a range selector', () => {
  test('gives every point of the left-open range without staleness markers', async () => {
    expect(
      await instant('m[20s]', 30, [
        [10, 1],
        [15, 2],
        [20, 'stale'],
        [30, Number.NaN],
        [31, 4],
      ]),
    ).toEqual([
      [15, 2],
      [30, Number.NaN],
    ])
  })
  test('has no value at each step of a range query', async () => {
    await expect(range('m[1m]', [0, 60, 10], [])).rejects.toThrow(expect.objectContaining({ code: 'TM_QUERY_SYNTAX' }))
  })
})

describe('a range query', () => {
  test('is evaluated at start, start + step and so on, never moved, up to end', async () => {
    expect(
      await range(
        'm',
        [13, 45, 10],
        [
          [10, 1],
          [20, 2],
          [33, 3],
          [40, 4],
        ],
      ),
    ).toEqual([
      [13, 1],
      [23, 2],
      [33, 3],
      [43, 4],
    ])
  })
  test('leaves a gap where there is no point in the lookback', async () => {
    expect(
      await range(
        'm',
        [0, 900, 300],
        [
          [0, 1],
          [700, 2],
        ],
      ),
    ).toEqual([
      [0, 1],
      [900, 2],
    ])
  })
  test('repeats the value at the time after @ at each step', async () => {
    expect(
      await range(
        'm @ end()',
        [10, 30, 10],
        [
          [10, 1],
          [30, 3],
        ],
      ),
    ).toEqual([
      [10, 3],
      [20, 3],
      [30, 3],
    ])
  })
  test('asks the source for no more than it reads', async () => {
    const { source, asked } = sourceOf([])
    await evaluateRange(parseSelector('m offset 1m'), { startMs: 600_000, endMs: 659_000, stepMs: 20_000 }, source)
    expect(asked).toEqual([
      { range: { startMs: 240_000, endMs: 580_000 }, hints: { stepMs: 20_000, lookbackMs: 300_000 } },
    ])
  })
})
