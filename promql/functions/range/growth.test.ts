import { describe, expect, test } from 'vitest'
import type { SeriesSource } from '../../../schemas/ports/series-source.js'
import { evaluateQuery } from '../../engine.js'
import { parseExpr } from '../../parse.js'
import { MemorySource } from '../../script/memory-source.js'
import { oneBucket } from '../../testing/vectors.js'
import { startsAnew } from './start-time.js'

const LIMITS = { querySamples: 10_000, queryDepth: 50, queryResultSamples: 100 }

/** The only value of a query at a time in seconds, over points [seconds, value, start in seconds]. */
async function growthOf(text: string, at: number, points: [number, number, number?][]): Promise<number | undefined> {
  const memory = new MemorySource()
  for (const [seconds, value, start = 0] of points) {
    memory.append([['__name__', 'm_total']], seconds * 1000, value, start * 1000)
  }
  return (await sampleOf(text, at, memory))?.value
}

async function sampleOf(text: string, at: number, source: SeriesSource) {
  const times = { startMs: at * 1000, endMs: at * 1000, stepMs: 0 }
  const { value } = await evaluateQuery(parseExpr(text), text, times, source, { limits: LIMITS })
  return value.type === 'vector' ? value.samples[0] : undefined
}

describe('growth over a range', () => {
  test('goes on to an edge that is near', async () => {
    expect(
      await growthOf('increase(m_total[60s])', 65, [
        [10, 100],
        [30, 120],
        [60, 150],
      ]),
    ).toBeCloseTo((50 * 60) / 50)
  })

  test('goes on for half a spacing where the edge is far', async () => {
    expect(
      await growthOf('increase(m_total[100s])', 100, [
        [40, 100],
        [50, 110],
        [60, 120],
      ]),
    ).toBeCloseTo((20 * (20 + 5 + 5)) / 20)
  })

  test('never started below zero', async () => {
    expect(
      await growthOf('increase(m_total[60s])', 70, [
        [20, 1],
        [40, 11],
        [60, 21],
      ]),
    ).toBeCloseTo((20 * (40 + 2 + 10)) / 40)
  })

  test('of a counter goes on from 0 after a reset, of a gauge it falls', async () => {
    const points: [number, number][] = [
      [20, 5],
      [40, 9],
      [60, 2],
    ]
    expect(await growthOf('increase(m_total[40s] anchored)', 60, points)).toBe(6)
    expect(await growthOf('delta(m_total[40s] anchored)', 60, points)).toBe(-3)
    expect(await growthOf('increase(m_total[20s] smoothed)', 50, points)).toBe(3)
  })

  test('begins at 0 where the counter is known to have started', async () => {
    expect(await growthOf('increase(m_total[60s])', 60, [[50, 7, 30]])).toBe(7)
    expect(await growthOf('increase(m_total[60s])', 60, [[50, 7]])).toBeUndefined()
  })
})

test('the start of a point tells a reset unless it is unknown, impossible or that of the point before', () => {
  expect(startsAnew(0, 100, 150, 200)).toBe(true)
  expect(startsAnew(50, 100, 100, 200)).toBe(true)
  for (const [previousStart, start] of [
    [0, 0],
    [0, 200],
    [0, 100],
    [100, 100],
    [50, 50],
  ]) {
    expect(startsAnew(previousStart, 100, start, 200), `${start} after ${previousStart}`).toBe(false)
  }
})

test('histograms of occurrences grow by their sum', async () => {
  const column = Float64Array.of(0, 0)
  const source: SeriesSource = {
    async *select() {
      yield {
        labels: [['__name__', 'm:histogram']] as const,
        timeMs: Float64Array.of(10_000, 20_000),
        value: column,
        stale: new Uint8Array(2),
        histogram: [oneBucket(6), oneBucket(4)],
        windows: {
          kind: 'event' as const,
          count: column,
          sum: column,
          min: column,
          max: column,
          first: column,
          firstMs: column,
          increase: column,
        },
      }
    },
  }
  expect((await sampleOf('rate({"m:histogram"}[20s])', 20, source))?.histogram).toMatchObject({ count: 0.5, sum: 0.5 })
})
