import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatValue } from '../../promql/print/number.js'
import { formatTime } from './format.js'

test.each([
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [0.1, '0.1'],
  [-2.5, '-2.5'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [1e20, '100000000000000000000'],
  [1e21, '1e+21'],
  [1.5e300, '1.5e+300'],
  [1e-6, '0.000001'],
  [1e-7, '1e-07'],
  [-1.25e-10, '-1.25e-10'],
  [5e-324, '5e-324'],
  [123456789012345680000, '123456789012345680000'],
])('the value %s is written %s, as Prometheus does', (value, text) => {
  expect(formatValue(value)).toBe(text)
})

test('every finite value reads back as itself', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      Object.is(Number(formatValue(value)), value),
    ),
  )
})

test.each([
  [0, '0'],
  [1000, '1'],
  [1_435_781_451_781, '1435781451.781'],
  [1500, '1.500'],
  [1007, '1.007'],
  [-1500, '-1.500'],
])('the time %s ms is written %s', (ms, text) => {
  expect(formatTime(ms)).toBe(text)
})
