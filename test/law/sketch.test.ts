import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSameSketch } from '../../batch/audit/compare.js'
import { Sketch } from '../../schemas/sketch/sketch.js'

const anyNumbers = fc.array(
  fc.oneof(
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -5, max: 5 }),
  ),
  { minLength: 1, maxLength: 200 },
)

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value, 1)
  return sketch
}

test('merging the sketches of any split is the sketch of the whole, its schema included', () => {
  fc.assert(
    fc.property(anyNumbers, fc.nat(200), (values, at) => {
      const split = Math.min(at, values.length)
      const merged = sketchOf(values.slice(0, split))
      merged.merge(sketchOf(values.slice(split)))
      expect(isSameSketch(merged, sketchOf(values))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('the order in which values come does not matter', () => {
  fc.assert(
    fc.property(anyNumbers, (values) => {
      expect(isSameSketch(sketchOf(values), sketchOf([...values].reverse()))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('a quantile is within 1.1 % of the value of its rank while the schema is the finest', () => {
  const anyReadings = fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(anyReadings, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sorted = [...values].sort((a, b) => a - b)
      const exact = sorted[Math.max(0, Math.ceil(q * values.length) - 1)]
      const sketch = sketchOf(values)
      expect(sketch.schema).toBe(5)
      expect(Math.abs(sketch.quantile(q) - exact) / exact).toBeLessThanOrEqual(0.011)
    }),
  )
})
