import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketIndex } from '../../schemas/sketch/bucket.js'
import { type ExponentialHistogram, emptyHistogram, histogramFault, lowerEdge } from './exponential.js'
import { takeApart } from './take-apart.js'

fc.configureGlobal({ seed: 42 })

interface Point {
  value: number
  weight: number
}

function pointsOf(histogram: ExponentialHistogram): Point[] {
  const points: Point[] = []
  takeApart(histogram, (value, weight) => points.push({ value, weight }))
  return points
}

const countOf = (points: readonly Point[]): number => points.reduce((total, { weight }) => total + weight, 0)
const sumOf = (points: readonly Point[]): number =>
  points.reduce((total, { value, weight }) => total + value * weight, 0)
const sizeOf = (points: readonly Point[]): number =>
  points.reduce((total, { value, weight }) => total + Math.abs(value) * weight, 0)

/** Index of the bucket of `schema` that holds a magnitude, by the histogram's definition. */
function indexAt(magnitude: number, schema: number): number {
  if (schema <= 5) return Math.floor(bucketIndex(magnitude) / 2 ** (5 - schema))
  let index = Math.floor(Math.log2(magnitude) * 2 ** schema)
  while (lowerEdge(index, schema) >= magnitude) index--
  while (lowerEdge(index + 1, schema) < magnitude) index++
  return index
}

/** The histogram that a client makes of these values. */
function histogramOf(values: readonly number[], schema: number): ExponentialHistogram {
  const histogram = emptyHistogram(schema)
  const count = (side: 'positive' | 'negative', magnitudes: number[]) => {
    const counts = new Map<number, number>()
    for (const magnitude of magnitudes)
      counts.set(indexAt(magnitude, schema), (counts.get(indexAt(magnitude, schema)) ?? 0) + 1)
    histogram[side].indexes = [...counts.keys()].sort((a, b) => a - b)
    histogram[side].counts = histogram[side].indexes.map((index) => counts.get(index) as number)
  }
  count(
    'positive',
    values.filter((value) => value > 0),
  )
  count('negative', values.filter((value) => value < 0).map(Math.abs))
  histogram.zeroCount = values.filter((value) => value === 0).length
  histogram.count = values.length
  histogram.sum = values.reduce((total, value) => total + value, 0)
  return histogram
}

/** The same buckets again, from the points. */
function bucketsOfPoints(points: readonly Point[], schema: number): Record<string, number> {
  const buckets: Record<string, number> = {}
  for (const { value, weight } of points) {
    const name = value === 0 ? 'zero' : `${Math.sign(value)} ${indexAt(Math.abs(value), schema)}`
    buckets[name] = (buckets[name] ?? 0) + weight
  }
  return buckets
}

function bucketsOfHistogram({ positive, negative, zeroCount }: ExponentialHistogram): Record<string, number> {
  const buckets: Record<string, number> = zeroCount > 0 ? { zero: zeroCount } : {}
  positive.indexes.forEach((index, i) => {
    buckets[`1 ${index}`] = positive.counts[i]
  })
  negative.indexes.forEach((index, i) => {
    buckets[`-1 ${index}`] = negative.counts[i]
  })
  return buckets
}

const anyMagnitude = fc.double({ min: 1e-9, max: 1e12, noNaN: true })
const anyValue = fc.oneof(
  anyMagnitude,
  anyMagnitude.map((value) => -value),
  fc.constantFrom(0, 1, 2, 4, 1024, -0.5, 0.25),
)
const anyValues = fc.array(anyValue, { minLength: 1, maxLength: 60 })
const positiveValues = fc.array(anyMagnitude, { minLength: 1, maxLength: 60 })
const anySchema = fc.integer({ min: -4, max: 12 })

describe('law: a histogram taken apart is the same histogram', () => {
  test('count, sum and every bucket, for values of one sign', () => {
    fc.assert(
      fc.property(positiveValues, anySchema, fc.constantFrom(1, -1), (magnitudes, schema, sign) => {
        const histogram = histogramOf(
          magnitudes.map((value) => value * sign),
          schema,
        )
        expect(histogramFault(histogram)).toBeUndefined()
        const points = pointsOf(histogram)
        expect(countOf(points)).toBe(histogram.count)
        expect(Math.abs(sumOf(points) - (histogram.sum as number))).toBeLessThanOrEqual(
          1e-9 * Math.abs(histogram.sum as number),
        )
        expect(bucketsOfPoints(points, schema)).toEqual(bucketsOfHistogram(histogram))
      }),
    )
  })

  test('for mixed signs and zeros too, the sum relative to the size of what is summed', () => {
    fc.assert(
      fc.property(anyValues, anySchema, (values, schema) => {
        const histogram = histogramOf(values, schema)
        const points = pointsOf(histogram)
        expect(countOf(points)).toBe(histogram.count)
        expect(Math.abs(sumOf(points) - (histogram.sum as number))).toBeLessThanOrEqual(1e-9 * sizeOf(points))
        expect(bucketsOfPoints(points, schema)).toEqual(bucketsOfHistogram(histogram))
      }),
    )
  })

  test('with min and max, the outermost observations stand exactly there', () => {
    fc.assert(
      fc.property(positiveValues, anySchema, (values, schema) => {
        const histogram = { ...histogramOf(values, schema), min: Math.min(...values), max: Math.max(...values) }
        const points = pointsOf(histogram)
        expect(countOf(points)).toBe(values.length)
        expect(Math.abs(sumOf(points) - (histogram.sum as number))).toBeLessThanOrEqual(1e-9 * sizeOf(points))
        expect(bucketsOfPoints(points, Math.min(schema, 5))).toEqual(
          bucketsOfPoints(
            values.map((value) => ({ value, weight: 1 })),
            Math.min(schema, 5),
          ),
        )
      }),
    )
  })

  test("a finer scale than the sketch falls into the sketch's own buckets", () => {
    fc.assert(
      fc.property(positiveValues, fc.integer({ min: 5, max: 14 }), (values, schema) => {
        const ofPoints = bucketsOfPoints(pointsOf(histogramOf(values, schema)), 5)
        expect(ofPoints).toEqual(
          bucketsOfPoints(
            values.map((value) => ({ value, weight: 1 })),
            5,
          ),
        )
      }),
    )
  })
})

describe('odd input', () => {
  test('without a sum, values stand in the geometric middle', () => {
    const histogram = { ...histogramOf([3, 3, 3], 0), sum: undefined }
    expect(pointsOf(histogram)).toEqual([{ value: 2 * Math.SQRT2, weight: 3 }])
  })

  test('a sum that the buckets cannot have changes nothing', () => {
    for (const sum of [1e9, -5, 0, Number.NaN, Infinity]) {
      expect(pointsOf({ ...histogramOf([3, 3, 3], 0), sum })).toEqual([{ value: 2 * Math.SQRT2, weight: 3 }])
    }
  })

  test('values on the edge of their bucket stay inside it', () => {
    const [point] = pointsOf(histogramOf([4, 4, 4], 3))
    expect(point.value).toBeLessThan(4)
    expect(point.value).toBeCloseTo(4, 9)
    expect(point.weight).toBe(3)
  })

  test('a single observation is its min', () => {
    expect(pointsOf({ ...histogramOf([0.37], 2), min: 0.37, max: 0.37 })).toEqual([{ value: 0.37, weight: 1 }])
  })

  test('a min outside the outermost bucket is ignored', () => {
    const points = pointsOf({ ...histogramOf([5, 6, 7], 0), min: 0.001, max: 900 })
    expect(points).toHaveLength(1)
    expect(sumOf(points)).toBeCloseTo(18, 9)
  })

  test('the coarsest scale and the ends of the doubles', () => {
    for (const [schema, index] of [
      [-10, 0],
      [-10, -1],
      [0, 1023],
      [0, -1074],
      [5, 32 * 1024 - 1],
    ]) {
      const histogram = { ...emptyHistogram(schema), count: 2, positive: { indexes: [index], counts: [2] } }
      expect(histogramFault(histogram)).toBeUndefined()
      const [{ value, weight }] = pointsOf(histogram)
      expect(weight).toBe(2)
      expect(Number.isFinite(value) && value >= lowerEdge(index, schema)).toBe(true)
    }
  })

  test('what no double can hold and what does not add up is named', () => {
    const base = emptyHistogram(0)
    expect(histogramFault({ ...base, schema: 99 })).toBe('the scale is 99, it must be -10 to 32')
    expect(histogramFault({ ...base, count: 1, positive: { indexes: [5000], counts: [1] } })).toContain(
      'outside the numbers',
    )
    expect(histogramFault({ ...base, count: 5, positive: { indexes: [1], counts: [4] } })).toBe(
      'the count is 5, its buckets hold 4',
    )
    expect(
      histogramFault({ ...base, count: 5, sum: Number.NaN, positive: { indexes: [1], counts: [4] } }),
    ).toBeUndefined()
  })
})
