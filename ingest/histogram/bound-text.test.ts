import { expect, test } from 'vitest'
import { openMetricsText, plainText } from './bound-text.js'

test.each([
  [1, '1'],
  [0.005, '0.005'],
  [-2.5, '-2.5'],
  [1e21, '1000000000000000000000'],
  [1.25e23, '125000000000000000000000'],
  [1e23, '100000000000000000000000'],
  [1e-7, '0.0000001'],
  [-1.5e-9, '-0.0000000015'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
])('%f in plain digits', (value, text) => {
  expect(plainText(value)).toBe(text)
})

test.each([
  [1, '1.0'],
  [0, '0.0'],
  [-1, '-1.0'],
  [0.005, '0.005'],
  [100_000, '100000.0'],
  [1e6, '1e+06'],
  [1_048_576, '1.048576e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [Infinity, '+Inf'],
])('%f as OpenMetrics writes it', (value, text) => {
  expect(openMetricsText(value)).toBe(text)
})
