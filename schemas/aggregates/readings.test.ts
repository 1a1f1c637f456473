import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kind } from '../points.js'
import { Series } from '../series/series.js'
import type { Sketch } from '../sketch/sketch.js'
import { WINDOW_COLUMNS, WindowColumns } from '../windows/columns.js'
import { addSample } from './index.js'
import { addReadings } from './readings.js'

const SERIES = Series.of('m', {}, Kind.Sample)
const anyValue = fc.oneof(
  fc.constantFrom(0, -0, 1, 1, 5, -5, 1e300, -1e300, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** The bulk of all readings: they take a shorter way into the sketch. */
const anyPositive = fc.oneof(
  fc.constantFrom(5e-324, 1, 1, 2, 3, 1e300),
  fc.double({ min: 0.01, max: 10, noNaN: true }),
  fc.double({ min: 5e-324, noDefaultInfinity: true, noNaN: true }),
)

/** A sketch without the memory that it keeps for more. */
function bucketsOf(sketch: Sketch | undefined) {
  if (!sketch) return undefined
  const { schema, zeroCount, positive, negative } = sketch
  const [above, below] = [positive, negative].map(({ offset, counts, length }) => ({
    offset: length > 0 ? offset : 0,
    counts: counts.slice(0, length),
  }))
  return { schema, zeroCount, above, below }
}

test('a run of readings gives to the last bit what its points give one by one, behind any point before it', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.array(anyValue, { maxLength: 40 }), fc.array(anyPositive, { maxLength: 40 })),
      fc.constantFrom('nothing', 'value', 'NaN', 'marker'),
      (values, before) => {
        const timeMs = Float64Array.from(values, (_, i) => 100 + 10 * i)
        const [one, run] = [new WindowColumns(), new WindowColumns()]
        for (const windows of [one, run]) {
          windows.push(SERIES, 0)
          if (before !== 'nothing') addSample(windows, 0, 50, before === 'value' ? 3 : Number.NaN, before === 'marker')
        }
        for (const [i, value] of values.entries()) addSample(one, 0, timeMs[i], value, false)
        addReadings(run, 0, timeMs, Float64Array.from(values), 0, values.length)
        for (const column of [...WINDOW_COLUMNS, 'sumError', 'stale'] as const)
          expect(run[column][0]).toBe(one[column][0])
        expect(bucketsOf(run.sketch[0])).toEqual(bucketsOf(one.sketch[0]))
      },
    ),
    { numRuns: 500 },
  )
})
