import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NativeHistogram } from '../../schemas/histogram.js'
import { Sketch } from '../../schemas/sketch/sketch.js'
import {
  addHistograms,
  bucketBound,
  compactHistogram,
  detectReset,
  divideHistogram,
  equalHistograms,
  formatHistogramText,
  HistogramSum,
  histogramFraction,
  histogramOfSketch,
  histogramQuantile,
  parseHistogramText,
  reduceResolution,
  scaleHistogram,
  subtractHistograms,
  trimLower,
  trimUpper,
} from './index.js'

fc.configureGlobal({ seed: 42 })

/** A bucket of subnormal magnitudes has no exact bounds. */
const anyValue = fc
  .double({ min: -1e6, max: 1e6, noNaN: true, noDefaultInfinity: true })
  .filter((value) => value === 0 || Math.abs(value) > 1e-300)

/** Histograms of real observations, whose counts therefore fit together; whole counts, so sums are exact. */
const anyExponential = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 0.001, 0.5, 1, 3),
    values: fc.array(anyValue, { maxLength: 30 }),
  })
  .map(({ schema, zeroThreshold, values }) => observed(schema, zeroThreshold, values))

const anyCustom = fc
  .record({
    bounds: fc.uniqueArray(fc.integer({ min: -5, max: 20 }), { maxLength: 6 }),
    values: fc.array(fc.integer({ min: -10, max: 30 }), { maxLength: 30 }),
  })
  .map(({ bounds, values }) =>
    observedIn(
      bounds.sort((a, b) => a - b),
      values,
    ),
  )

const anyPair = fc.oneof(fc.tuple(anyExponential, anyExponential), fc.tuple(anyCustom, anyCustom))
const anyHistogram = fc.oneof(anyExponential, anyCustom)

test('a + b = b + a', () => {
  fc.assert(
    fc.property(anyPair, ([a, b]) => {
      expect(compactHistogram(sum(a, b))).toEqual(compactHistogram(sum(b, a)))
    }),
  )
})

test('(a + b) + c = a + (b + c), where no zero bucket has to be widened', () => {
  const anyNarrow = anyExponential.filter(({ zeroThreshold }) => zeroThreshold === 0)
  fc.assert(
    fc.property(anyNarrow, anyNarrow, anyNarrow, (a, b, c) => {
      same(sum(sum(a, b), c), sum(a, sum(b, c)))
    }),
  )
})

test('(a - b) + b = (a + b) - b', () => {
  fc.assert(
    fc.property(anyPair, ([a, b]) => {
      same(sum(difference(a, b), b), difference(sum(a, b), b))
    }),
  )
})

test('the compensated sum of many is what adding them one by one gives', () => {
  fc.assert(
    fc.property(fc.array(anyExponential, { minLength: 1, maxLength: 6 }), (histograms) => {
      const total = new HistogramSum()
      for (const one of histograms) total.add(one)
      same(total.sum()!, histograms.reduce(sum))
      same(total.mean(histograms.length)!, divideHistogram(histograms.reduce(sum), histograms.length))
    }),
  )
})

test('scaling by two is adding to itself, and dividing undoes it', () => {
  fc.assert(
    fc.property(anyHistogram, (a) => {
      same(scaleHistogram(a, 2), sum(a, a))
      same(divideHistogram(scaleHistogram(a, 8), 8), a)
    }),
  )
})

test('a coarser schema counts the same observations', () => {
  fc.assert(
    fc.property(anyExponential, fc.integer({ min: -4, max: 8 }), (a, schema) => {
      const coarser = reduceResolution(a, Math.min(schema, a.schema))
      expect(counted(coarser)).toBe(counted(a))
      expect(reduceResolution(reduceResolution(a, 0), -4)).toEqual(reduceResolution(a, -4))
    }),
  )
})

test('adding observations is no reset, taking one away is', () => {
  fc.assert(
    fc.property(anyPair, ([a, b]) => {
      const known = sum(a, scaleHistogram(b, 0))
      const after = sum(known, sum(b, scaleHistogram(a, 0)))
      expect(detectReset(after, known)).toBe(false)
      if (b.count > 0) expect(detectReset(known, after)).toBe(true)
    }),
  )
})

test('a quantile never falls as q rises, and lies in the bucket of its rank', () => {
  fc.assert(
    fc.property(anyExponential, fc.double({ min: 0, max: 1, noNaN: true }), (a, q) => {
      fc.pre(a.count > 0)
      const at = (p: number) => histogramQuantile(p, a).value
      expect(at(q)).toBeLessThanOrEqual(at(Math.min(1, q + 0.01)) + Math.abs(at(q)) * 1e-9)
      const below = histogramFraction(Number.NEGATIVE_INFINITY, at(q), a).value
      expect(Math.abs(below - q)).toBeLessThan(1 / a.count + 1e-9)
    }),
  )
})

test('what is trimmed away above and below is all there is', () => {
  fc.assert(
    fc.property(anyExponential, fc.double({ min: -10, max: 10, noNaN: true }), (a, bound) => {
      expect(trimUpper(a, bound).count + trimLower(a, bound).count).toBeCloseTo(a.count, 6)
    }),
  )
})

test('a histogram reads back from its text', () => {
  fc.assert(
    fc.property(anyHistogram, (a) => {
      const read = parseHistogramText(formatHistogramText(a))
      expect(equalHistograms(compactHistogram(read), a)).toBe(true)
    }),
  )
})

test('a window’s sketch has the buckets of the native histogram of the same schema', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 60 }), fc.integer({ min: 0, max: 9 }), (values, levels) => {
      const sketch = new Sketch()
      for (const value of values) sketch.add(value, 1)
      for (let i = 0; i < levels; i++) sketch.coarsen()
      const histogram = histogramOfSketch(sketch, values.length, 0)
      const expected = observed(sketch.schema, 0, values)
      expect({ ...histogram, sum: 0 }).toEqual({ ...expected, sum: 0, counterReset: 'gauge' })
    }),
  )
})

function sum(a: NativeHistogram, b: NativeHistogram): NativeHistogram {
  const combined = addHistograms(a, b)
  if (!combined) throw new Error('histograms of one kind add up')
  return combined.histogram
}

function difference(a: NativeHistogram, b: NativeHistogram): NativeHistogram {
  const combined = subtractHistograms(a, b)
  if (!combined) throw new Error('histograms of one kind can be subtracted')
  return combined.histogram
}

/** Equal up to rounding of what is no whole number, empty buckets and hints aside. */
function same(a: NativeHistogram, b: NativeHistogram): void {
  const rounded = (histogram: NativeHistogram) => {
    const { counterReset: _, sum, ...rest } = compactHistogram(histogram)
    return JSON.parse(JSON.stringify(rest), (_, value) => (typeof value === 'number' ? value + 0 : value))
  }
  expect(rounded(a)).toEqual(rounded(b))
  expect(Math.abs(a.sum - b.sum)).toBeLessThanOrEqual(1e-6 * (Math.abs(a.sum) + Math.abs(b.sum)) + 1e-3)
}

const counted = ({ positive, negative, zeroCount }: NativeHistogram) =>
  [...positive.count, ...negative.count].reduce((total, count) => total + count, zeroCount)

function observed(schema: number, zeroThreshold: number, values: readonly number[]): NativeHistogram {
  const sides = { positive: new Map<number, number>(), negative: new Map<number, number>() }
  const empty = { schema, zeroThreshold, counterReset: 'unknown' } as NativeHistogram
  const threshold = values.length === 0 ? zeroThreshold : boundAtOrAbove(empty, zeroThreshold)
  let zeroCount = 0
  for (const value of values) {
    if (Math.abs(value) <= threshold) zeroCount++
    else {
      const side = value > 0 ? sides.positive : sides.negative
      const index = indexOf(empty, Math.abs(value))
      side.set(index, (side.get(index) ?? 0) + 1)
    }
  }
  return {
    ...empty,
    zeroThreshold: threshold,
    zeroCount,
    count: values.length,
    sum: values.reduce((total, value) => total + value, 0),
    positive: columns(sides.positive),
    negative: columns(sides.negative),
  }
}

function observedIn(bounds: readonly number[], values: readonly number[]): NativeHistogram {
  const counts = new Map<number, number>()
  for (const value of values) {
    const at = bounds.findIndex((bound) => value <= bound)
    const index = at === -1 ? bounds.length : at
    counts.set(index, (counts.get(index) ?? 0) + 1)
  }
  return {
    schema: -53,
    zeroThreshold: 0,
    zeroCount: 0,
    count: values.length,
    sum: values.reduce((total, value) => total + value, 0),
    positive: columns(counts),
    negative: { index: [], count: [] },
    customValues: bounds,
    counterReset: 'unknown',
  }
}

/** The bucket that holds a magnitude, by definition. */
function indexOf(histogram: NativeHistogram, magnitude: number): number {
  let index = Math.ceil(Math.log2(magnitude) * 2 ** histogram.schema)
  while (bucketBound(histogram, index) < magnitude) index++
  while (bucketBound(histogram, index - 1) >= magnitude) index--
  return index
}

function boundAtOrAbove(histogram: NativeHistogram, threshold: number): number {
  return threshold === 0 ? 0 : bucketBound(histogram, indexOf(histogram, threshold))
}

function columns(counts: ReadonlyMap<number, number>) {
  const index = [...counts.keys()].sort((a, b) => a - b)
  return { index, count: index.map((one) => counts.get(one) as number) }
}
