import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketIndex, bucketMiddle, coarserIndex, lowerBound, MAX_SCHEMA } from './bucket.js'
import { MAX_BUCKETS, Sketch } from './sketch.js'

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
/** Values that lie near each other, values that need every schema, and zeros. */
const value = fc.oneof(
  fc.double({ min: 0.1, max: 10, noNaN: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  finite,
  fc.constantFrom(0, -0, 1, 2, 1024),
)
const weighted = fc.tuple(value, fc.constantFrom(1, 2, 10))
/** A value whose reciprocal is a number, so that relative errors mean something. */
const normal = fc.double({ min: 1e-300, max: 1e300, noNaN: true })

function sketchOf(values: readonly (readonly [number, number])[]): Sketch {
  const sketch = new Sketch()
  for (const [one, weight] of values) sketch.add(one, weight)
  return sketch
}

/** What a sketch holds, whatever memory it holds it in. */
function contents({ schema, zeroCount, positive, negative }: Sketch) {
  const buckets = [positive, negative].map(({ offset, counts, length }) =>
    [...counts.subarray(0, length)].flatMap((count, i) => (count === 0 ? [] : [[offset + i, count]])),
  )
  return { schema, zeroCount, buckets }
}

function runLengths({ positive, negative }: Sketch): number[] {
  return [positive.length, negative.length]
}

describe('a bucket', () => {
  test('holds the value that it is chosen for: above its lower bound, not above its upper one', () => {
    fc.assert(
      fc.property(normal, (magnitude) => {
        const index = bucketIndex(magnitude)
        expect(magnitude).toBeGreaterThan(lowerBound(index, MAX_SCHEMA) * (1 - 1e-12))
        expect(magnitude).toBeLessThanOrEqual(lowerBound(index + 1, MAX_SCHEMA) * (1 + 1e-12))
      }),
    )
  })

  test('of a larger magnitude is never a lower one, subnormals included', () => {
    const magnitude = fc.double({ min: 0, minExcluded: true, noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(magnitude, magnitude, (a, b) => {
        expect(bucketIndex(Math.min(a, b))).toBeLessThanOrEqual(bucketIndex(Math.max(a, b)))
      }),
    )
    expect(bucketIndex(Number.MIN_VALUE)).toBe(-1074 * 32 - 1)
    expect(bucketIndex(Number.MAX_VALUE)).toBe(1024 * 32 - 1)
  })

  test('has a power of two as its upper bound, which belongs to it', () => {
    for (const exponent of [-1022, -1, 0, 1, 10, 1023]) {
      expect(bucketIndex(2 ** exponent)).toBe(exponent * 32 - 1)
      expect(bucketIndex(2 ** exponent * (1 + Number.EPSILON))).toBe(exponent * 32)
    }
  })

  test('becomes half of the bucket of the next coarser schema', () => {
    expect([-3, -2, -1, 0, 1, 2].map((index) => coarserIndex(index, 1))).toEqual([-2, -1, -1, 0, 0, 1])
  })

  test('has its middle within 1.1 % of everything in it', () => {
    fc.assert(
      fc.property(normal, (magnitude) => {
        expect(Math.abs(bucketMiddle(bucketIndex(magnitude), MAX_SCHEMA) / magnitude - 1)).toBeLessThan(0.011)
      }),
    )
  })
})

describe('a sketch', () => {
  test('is the same, its schema too, whatever the order of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(weighted, fc.nat()), { maxLength: 60 }), (tagged) => {
        const shuffled = [...tagged].sort((a, b) => a[1] - b[1])
        expect(contents(sketchOf(shuffled.map(([one]) => one)))).toEqual(contents(sketchOf(tagged.map(([one]) => one))))
      }),
    )
  })

  test('merged from any parts in any order is the sketch of all values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(weighted, { maxLength: 20 }), { maxLength: 5 }),
        fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        (parts, tags) => {
          const merged = new Sketch()
          const order = [...parts.keys()].sort((a, b) => tags[a] - tags[b])
          for (const part of order) merged.merge(sketchOf(parts[part]))
          const pairwise = parts.map(sketchOf).reduceRight((later, earlier) => {
            earlier.merge(later)
            return earlier
          }, new Sketch())
          const whole = contents(sketchOf(parts.flat()))
          expect(contents(merged)).toEqual(whole)
          expect(contents(pairwise)).toEqual(whole)
        },
      ),
    )
  })

  test('has the finest schema at which its buckets are within the limit', () => {
    fc.assert(
      fc.property(fc.array(weighted, { maxLength: 60 }), (values) => {
        const sketch = sketchOf(values)
        const reach = (schema: number) =>
          [1, -1].reduce((total, sign) => {
            const indexes = values.flatMap(([one]) =>
              one * sign > 0 ? [bucketIndex(Math.abs(one)) >> (MAX_SCHEMA - schema)] : [],
            )
            return indexes.length === 0 ? total : total + Math.max(...indexes) - Math.min(...indexes) + 1
          }, 0)
        expect(reach(sketch.schema)).toBeLessThanOrEqual(MAX_BUCKETS)
        if (sketch.schema < MAX_SCHEMA) expect(reach(sketch.schema + 1)).toBeGreaterThan(MAX_BUCKETS)
        expect(sketch.positive.length + sketch.negative.length).toBe(reach(sketch.schema))
      }),
    )
  })

  test('keeps its schema at 512 buckets and drops it by one at 513', () => {
    const upTo = (buckets: number) =>
      sketchOf([
        [lowerBound(0, MAX_SCHEMA) * 1.001, 1],
        [lowerBound(buckets - 1, MAX_SCHEMA) * 1.001, 1],
      ])
    expect(upTo(512).schema).toBe(MAX_SCHEMA)
    expect(upTo(513).schema).toBe(MAX_SCHEMA - 1)
  })

  test('can hold the largest and the smallest numbers there are at once', () => {
    const extremes = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 0]
    const sketch = sketchOf(extremes.map((one) => [one, 1]))
    expect(sketch.count()).toBe(5)
    expect(sketch.positive.length + sketch.negative.length).toBeLessThanOrEqual(MAX_BUCKETS)
  })

  test('estimates every quantile within 1.1 % at schema 5', () => {
    const near = fc.array(fc.tuple(fc.double({ min: 0.01, max: 1000, noNaN: true }), fc.boolean()), {
      minLength: 1,
      maxLength: 100,
    })
    fc.assert(
      fc.property(near, fc.double({ min: 0, max: 1, noNaN: true }), (signed, q) => {
        const values = signed.map(([magnitude, negative]) => (negative ? -magnitude : magnitude)).sort((a, b) => a - b)
        const sketch = sketchOf(values.map((one) => [one, 1]))
        fc.pre(sketch.schema === MAX_SCHEMA)
        const exact = values[Math.max(0, Math.ceil(q * values.length) - 1)]
        expect(Math.abs(sketch.quantile(q) / exact - 1)).toBeLessThan(0.011)
      }),
    )
  })

  test('estimates several quantiles as it does each by itself', () => {
    const sampled = fc.tuple(value, fc.constantFrom(1, 2, 10, 1 / 3))
    const ranks = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(sampled, { maxLength: 40 }), ranks, (values, qs) => {
        const sketch = sketchOf(values)
        const ascending = Float64Array.from(qs).sort()
        const each = ascending.map((q) => sketch.quantile(q))
        sketch.quantiles(ascending)
        expect(ascending).toEqual(each)
      }),
    )
  })

  test('counts a value as often as its weight says', () => {
    const sketch = sketchOf([
      [1, 99],
      [1000, 1],
    ])
    expect(sketch.quantile(0.5)).toBeCloseTo(1, 1)
    expect(sketch.quantile(1)).toBeGreaterThan(980)
    expect(sketch.count()).toBe(100)
  })

  test('has no quantile while it is empty, and 0 of zeros', () => {
    expect(new Sketch().quantile(0.5)).toBeNaN()
    expect(sketchOf([[0, 3]]).quantile(0.99)).toBe(0)
    expect(sketchOf([[1, 1]]).quantile(Number.NaN)).toBeNaN()
  })

  test('is not changed through its copy', () => {
    const sketch = sketchOf([
      [1, 1],
      [-5, 2],
      [0, 3],
    ])
    const before = contents(sketch)
    const twin = sketch.copy()
    expect(contents(twin)).toEqual(before)
    twin.add(1, 1)
    twin.add(1e300, 1)
    expect(contents(sketch)).toEqual(before)
  })

  test('that was cleared holds what a new one would', () => {
    fc.assert(
      fc.property(fc.array(weighted, { maxLength: 40 }), fc.array(weighted, { maxLength: 40 }), (before, values) => {
        const used = sketchOf(before)
        used.clear()
        for (const [one, weight] of values) used.add(one, weight)
        expect(contents(used)).toEqual(contents(sketchOf(values)))
        expect(runLengths(used)).toEqual(runLengths(sketchOf(values)))
      }),
    )
  })
})
