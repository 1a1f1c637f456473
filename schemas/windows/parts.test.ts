import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addEvent, addSample } from '../aggregates/index.js'
import { Kind } from '../points.js'
import { Series } from '../series/series.js'
import { WindowColumns } from './columns.js'
import { type NumberPart, partValue, partValues } from './parts.js'

const PARTS: readonly NumberPart[] = ['p99', 'count', 'p50', 'sum', 'bare', 'min', 'p95', 'max', 'avg', 'increase']

function windowOf(kind: Kind, values: readonly number[]): WindowColumns {
  const windows = new WindowColumns(1)
  const row = windows.push(Series.of('m', {}, kind), 0)
  for (const [i, value] of values.entries()) {
    if (kind === Kind.Sample) addSample(windows, row, i + 1, value, false)
    else addEvent(windows, row, i + 1, value, 1 / 3)
  }
  windows.settle()
  return windows
}

test('several parts at once are what each is by itself', () => {
  const values = fc.array(fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constantFrom(0, 5)), {
    minLength: 1,
    maxLength: 30,
  })
  const law = (kind: Kind, some: number[], parts: readonly NumberPart[]) => {
    const windows = windowOf(kind, some)
    const together = new Float64Array(parts.length)
    partValues(parts, windows, 0, together)
    expect([...together]).toEqual(parts.map((part) => partValue(part, windows, 0)))
  }
  fc.assert(fc.property(fc.constantFrom(...Object.values(Kind)), values, fc.shuffledSubarray([...PARTS]), law))
})

test('quantiles lie within what was seen, and are the value where all are equal', () => {
  expect(partValue('p50', windowOf(Kind.Sample, [7, 7, 7]), 0)).toBe(7)
  expect(partValue('p50', windowOf(Kind.Sample, [1, 1.01]), 0)).toBeLessThanOrEqual(1.01)
  expect(partValue('p50', windowOf(Kind.Sample, [1, 1.01]), 0)).toBeGreaterThanOrEqual(1)
  expect(partValue('p50', windowOf(Kind.EventTimer, [5]), 0)).toBe(5)
})
