import { expect, test } from 'vitest'
import { parseHistogramText } from '../histogram/index.js'
import { almostEqual, almostEqualHistograms } from './almost-equal.js'

test.each<[number, number, boolean]>([
  [1, 1 + 1e-7, true],
  [1, 1 + 1e-5, false],
  [1e300, 1e300 * (1 + 1e-7), true],
  [0, 1e-300, false],
  [0, -0, true],
  [NaN, NaN, true],
  [NaN, 1, false],
  [Infinity, Infinity, true],
  [Infinity, -Infinity, false],
  [Infinity, Number.MAX_VALUE, false],
])('%d and %d: %s', (a, b, expected) => {
  expect(almostEqual(a, b)).toBe(expected)
  expect(almostEqual(b, a)).toBe(expected)
})

test('empty buckets do not count, a hint counts where it was given', () => {
  const a = parseHistogramText('{{count:2 buckets:[1 0 1 0]}}')
  const b = parseHistogramText('{{count:2 offset:-1 buckets:[0 1 0 1] counter_reset_hint:gauge}}')
  expect(almostEqualHistograms(a, b, false)).toBe(true)
  expect(almostEqualHistograms(a, b, true)).toBe(false)
})
