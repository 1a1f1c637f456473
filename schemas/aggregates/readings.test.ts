import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kind } from '../points.js'
import { Series } from '../series/series.js'
import { WINDOW_COLUMNS, WindowColumns } from '../windows/columns.js'
import { addSample } from './index.js'
import { addReadings } from './readings.js'

const SERIES = Series.of('m', {}, Kind.Sample)
const anyValue = fc.oneof(
  fc.constantFrom(0, -0, 1, 1, 5, -5, 1e300, -1e300, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

test('a run of readings gives to the last bit what its points give one by one, behind any point before it', () => {
  fc.assert(
    fc.property(
      fc.array(anyValue, { maxLength: 40 }),
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
        expect(run.sketch[0]).toEqual(one.sketch[0])
      },
    ),
    { numRuns: 500 },
  )
})
