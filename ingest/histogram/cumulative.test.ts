import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CumulativeHistograms } from './cumulative.js'
import { type ExponentialHistogram, emptyHistogram } from './exponential.js'

fc.configureGlobal({ seed: 42 })

const CREATED = 1000

function histogram(
  counts: Record<number, number>,
  schema = 0,
  zeroCount = 0,
  sum: number | undefined = 0,
): ExponentialHistogram {
  const indexes = Object.keys(counts)
    .map(Number)
    .sort((a, b) => a - b)
  const total = Object.values(counts).reduce((a, b) => a + b, zeroCount)
  return {
    ...emptyHistogram(schema),
    zeroCount,
    sum,
    count: total,
    positive: { indexes, counts: indexes.map((index) => counts[index]) },
  }
}

const buckets = (grown: ExponentialHistogram | undefined) =>
  grown && Object.fromEntries(grown.positive.indexes.map((index, i) => [index, grown.positive.counts[i]]))

describe('the first histogram of a series', () => {
  test('is a baseline if its counting began before anyone listened', () => {
    const states = new CumulativeHistograms(10, CREATED)
    expect(states.observe('a', histogram({ 1: 5 }), 500, 2000)).toBeUndefined()
    expect(buckets(states.observe('a', histogram({ 1: 7 }), 500, 3000))).toEqual({ 1: 2 })
  })

  test('counts in full if its counting began later', () => {
    expect(buckets(new CumulativeHistograms(10, CREATED).observe('a', histogram({ 1: 5 }), 1500, 2000))).toEqual({
      1: 5,
    })
  })

  test('is a baseline if its start is unknown: absent, or equal to its own time', () => {
    const states = new CumulativeHistograms(10, CREATED)
    expect(states.observe('a', histogram({ 1: 5 }), 0, 2000)).toBeUndefined()
    expect(states.observe('b', histogram({ 1: 5 }), 2000, 2000)).toBeUndefined()
  })
})

describe('growth', () => {
  test('is bucket by bucket, with the sum and the zero bucket', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ 1: 5, 4: 1 }, 0, 2, 10), 500, 2000)
    const grown = states.observe('a', histogram({ 1: 5, 2: 3, 4: 2 }, 0, 4, 25), 500, 3000)
    expect(grown).toMatchObject({ zeroCount: 2, count: 6, sum: 15, positive: { indexes: [2, 4], counts: [3, 1] } })
  })

  test('between scales is taken at the coarser one', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ [-3]: 1, 4: 1, 5: 1 }, 2), 500, 2000)
    const grown = states.observe('a', histogram({ [-2]: 2, 2: 5 }, 1), 500, 3000)
    expect(grown).toMatchObject({ schema: 1, positive: { indexes: [-2, 2], counts: [1, 3] } })
  })

  test('is nothing for a histogram that is not newer', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ 1: 5 }), 500, 3000)
    expect(states.observe('a', histogram({ 1: 6 }), 500, 3000)).toBeUndefined()
    expect(states.observe('a', histogram({ 1: 4 }), 500, 2000)).toBeUndefined()
    expect(buckets(states.observe('a', histogram({ 1: 6 }), 500, 4000))).toEqual({ 1: 1 })
  })

  test('a wider zero bucket swallows the buckets it covers', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ [-5]: 3, 2: 1 }), 500, 2000)
    const grown = states.observe('a', { ...histogram({ 2: 1 }, 0, 4), zeroThreshold: 0.5 }, 500, 3000)
    expect(grown).toMatchObject({ zeroCount: 1, count: 1, positive: { indexes: [] } })
  })

  test('law: the growths of any run of histograms add up to the last less the first', () => {
    const step = fc.dictionary(fc.integer({ min: -20, max: 20 }).map(String), fc.integer({ min: 1, max: 9 }), {
      maxKeys: 6,
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const states = new CumulativeHistograms(10, CREATED)
        states.observe('a', histogram({}), 500, 1)
        const total: Record<string, number> = {}
        const seen: Record<string, number> = {}
        steps.forEach((added, i) => {
          for (const [index, count] of Object.entries(added)) total[index] = (total[index] ?? 0) + count
          const grown = buckets(states.observe('a', histogram(total), 500, i + 2)) ?? {}
          for (const [index, count] of Object.entries(grown)) seen[index] = (seen[index] ?? 0) + count
        })
        expect(seen).toEqual(total)
      }),
    )
  })
})

describe('a sender that began anew', () => {
  test('counts in full if it began after the last histogram', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ 1: 5 }), 500, 2000)
    expect(buckets(states.observe('a', histogram({ 1: 7 }), 2500, 3000))).toEqual({ 1: 7 })
  })

  test('is a new baseline if it claims to have begun before', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ 1: 5 }), 500, 2000)
    expect(states.observe('a', histogram({ 1: 3 }), 500, 3000)).toBeUndefined()
    expect(buckets(states.observe('a', histogram({ 1: 4 }), 500, 4000))).toEqual({ 1: 1 })
  })

  test('without start times, fallen counts are counted from zero, as Prometheus does', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ 1: 5 }), 0, 2000)
    expect(buckets(states.observe('a', histogram({ 1: 3 }), 0, 3000))).toEqual({ 1: 3 })
  })
})

describe('memory', () => {
  test('the least recently seen series is forgotten, and its return is a baseline', () => {
    const states = new CumulativeHistograms(2, CREATED)
    for (const key of ['a', 'b', 'c']) states.observe(key, histogram({ 1: 1 }), 500, 5000)
    expect(states.size).toBe(2)
    expect(states.observe('a', histogram({ 1: 9 }), 1500, 6000)).toBeUndefined()
    expect(buckets(states.observe('c', histogram({ 1: 9 }), 500, 6000))).toEqual({ 1: 8 })
  })

  test('huge histograms make fewer series fit', () => {
    const huge = histogram(Object.fromEntries(Array.from({ length: 600 }, (_, index) => [index, 1])), 3)
    const states = new CumulativeHistograms(10, CREATED)
    for (const key of ['a', 'b', 'c']) states.observe(key, huge, 0, 5000)
    expect(states.size).toBe(1)
  })
})

describe('a request that could not be stored', () => {
  test('is taken back, so that its repetition counts', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.observe('a', histogram({ 1: 5 }), 500, 2000)
    states.begin()
    states.observe('a', histogram({ 1: 6 }), 500, 3000)
    states.observe('a', histogram({ 1: 8 }), 500, 4000)
    states.takeBack()()
    states.begin()
    expect(buckets(states.observe('a', histogram({ 1: 6 }), 500, 3000))).toEqual({ 1: 1 })
  })

  test('leaves a series alone that a later request has changed', () => {
    const states = new CumulativeHistograms(10, CREATED)
    states.begin()
    states.observe('a', histogram({ 1: 5 }), 500, 2000)
    const takeBack = states.takeBack()
    states.begin()
    states.observe('a', histogram({ 1: 6 }), 500, 3000)
    takeBack()
    expect(buckets(states.observe('a', histogram({ 1: 9 }), 500, 4000))).toEqual({ 1: 3 })
  })
})
