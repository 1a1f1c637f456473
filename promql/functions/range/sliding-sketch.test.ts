import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sketch } from '../../../schemas/sketch/sketch.js'
import type { RowWindows } from '../../evaluate/range-series.js'
import { SlidingSketch } from './sliding-sketch.js'

const value = fc.oneof(
  fc.constant(0),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
  fc.integer({ min: 1, max: 100 }),
)
const row = fc.array(fc.tuple(value, fc.constantFrom(1, 1, 2, 10 / 3)), { maxLength: 6 })
const moves = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { minLength: 1, maxLength: 40 })

function windowsOf(rows: readonly (readonly [number, number])[][], kind: RowWindows['kind']): RowWindows {
  const column = (of: (points: readonly (readonly [number, number])[]) => number) => Float64Array.from(rows, of)
  const none = column(() => 0)
  return {
    kind,
    count: column((points) => points.reduce((sum, [, weight]) => sum + weight, 0)),
    min: column((points) => Math.min(...points.map(([one]) => one))),
    max: column((points) => Math.max(...points.map(([one]) => one))),
    sum: none,
    first: none,
    firstMs: none,
    increase: none,
    sketch: rows.map((points) => {
      if (new Set(points.map(([one]) => one)).size < 2) return undefined
      const sketch = new Sketch()
      for (const [one, weight] of points) sketch.add(one, weight)
      return sketch
    }),
    severalBefore: new Int32Array(rows.length + 1),
  }
}

/** Row by row, which is what the sliding merge saves. */
function merged({ count, min, sketch }: RowWindows, from: number, to: number): Sketch {
  const all = new Sketch()
  for (let i = from; i < to; i++) {
    const one = sketch?.[i]
    if (count[i] > 0 && one) all.merge(one)
    else if (count[i] > 0) all.add(min[i], count[i])
  }
  return all
}

function buckets({ schema, zeroCount, positive, negative }: Sketch) {
  const filled = ({ offset, counts, length }: Sketch['positive']) =>
    [...counts.subarray(0, length)].map((weight, i) => [offset + i, weight]).filter(([, weight]) => weight > 0)
  return { schema, zeroCount, positive: filled(positive), negative: filled(negative) }
}

test('ranges that move forward have, to the bit, the sketch of their rows merged one by one', () => {
  const kind = fc.constantFrom('sample' as const, 'event' as const)
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 300 }),
      moves,
      fc.nat(200),
      kind,
      (rows, steps, width, kind) => {
        const whole = kind === 'event' ? rows : rows.map((points) => points.map(([one]) => [one, 1] as const))
        const windows = windowsOf(whole as [number, number][][], kind)
        const sliding = new SlidingSketch(windows)
        let from = 0
        let to = Math.min(width, rows.length)
        for (const [forward, longer] of steps) {
          const merging = sliding.over(from, to)
          let turn = merging.next()
          while (!turn.done) turn = merging.next()
          expect(buckets(turn.value)).toEqual(buckets(merged(windows, from, to)))
          to = Math.min(rows.length, Math.max(to, to + forward + (longer % 7) - 3))
          from = Math.min(to, from + forward)
        }
      },
    ),
    { numRuns: 300 },
  )
})
