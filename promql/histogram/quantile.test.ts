import { expect, test } from 'vitest'
import {
  histogramFraction,
  histogramQuantile,
  histogramVariance,
  parseHistogramText as read,
  trimLower,
  trimUpper,
} from './index.js'

const INFINITE = Number.POSITIVE_INFINITY
const quantile = (q: number, text: string) => histogramQuantile(q, read(text)).value
const fraction = (lower: number, upper: number, text: string) => histogramFraction(lower, upper, read(text)).value

test('a quantile inside an exponential bucket is interpolated exponentially, mirrored for negative ones', () => {
  expect(quantile(0.5, '{{count:4 buckets:[0 4]}}')).toBeCloseTo(Math.SQRT2, 12)
  expect(quantile(0.5, '{{count:4 n_buckets:[0 4]}}')).toBeCloseTo(-Math.SQRT2, 12)
  expect(quantile(1, '{{schema:-1 count:4 buckets:[0 4]}}')).toBe(4)
})

test('the zero bucket is interpolated linearly, on the side where the other observations are', () => {
  expect(quantile(0.25, '{{count:8 z_bucket:4 z_bucket_w:2 offset:3 buckets:[4]}}')).toBe(1)
  expect(quantile(0.75, '{{count:8 z_bucket:4 z_bucket_w:2 n_offset:3 n_buckets:[4]}}')).toBe(-1)
  expect(quantile(0.25, '{{count:8 z_bucket:8 z_bucket_w:2}}')).toBe(-1)
})

test('custom buckets are interpolated linearly; those without an end give their finite bound', () => {
  const custom = '{{schema:-53 count:8 custom_values:[4 8] buckets:[4 2 2]}}'
  expect(quantile(0.25, custom)).toBe(2)
  expect(quantile(0.625, custom)).toBe(6)
  expect(quantile(1, custom)).toBe(8)
  expect(quantile(0.5, '{{schema:-53 count:4 custom_values:[-3 8] buckets:[4]}}')).toBe(-3)
})

test('quantiles outside of 0 to 1 and of nothing', () => {
  expect(quantile(-0.1, '{{count:1 buckets:[1]}}')).toBe(-INFINITE)
  expect(quantile(1.1, '{{count:1 buckets:[1]}}')).toBe(INFINITE)
  expect(quantile(Number.NaN, '{{count:1 buckets:[1]}}')).toBeNaN()
  expect(quantile(0.5, '{{}}')).toBeNaN()
})

test('NaN observations push quantiles up, or are the quantile', () => {
  const some = read('{{count:15 sum:NaN buckets:[12]}}')
  expect(histogramQuantile(0.8, some)).toEqual({ value: 1, nan: 'skew' })
  expect(histogramQuantile(0.81, some)).toEqual({ value: Number.NaN, nan: 'result' })
  expect(histogramFraction(-INFINITE, INFINITE, some)).toEqual({ value: 0.8, hasNaNs: true })
  expect(histogramQuantile(0.5, read('{{count:12 sum:NaN buckets:[12]}}')).nan).toBeUndefined()
})

test('a fraction is the inverse of a quantile', () => {
  const text = '{{count:24 z_bucket:4 z_bucket_w:0.001 buckets:[2 3 0 1 4] n_buckets:[2 3 0 1 4]}}'
  for (const q of [0.01, 0.3, 0.45, 0.55, 0.7, 0.99]) {
    expect(fraction(-INFINITE, quantile(q, text), text)).toBeCloseTo(q, 12)
  }
})

test('fractions of nothing, backwards and beyond', () => {
  expect(fraction(0, 1, '{{}}')).toBeNaN()
  expect(fraction(Number.NaN, 1, '{{count:1 buckets:[1]}}')).toBeNaN()
  expect(fraction(2, 1, '{{count:1 buckets:[1]}}')).toBe(0)
  expect(fraction(100, INFINITE, '{{count:1 buckets:[1]}}')).toBe(0)
  expect(fraction(0, 6, '{{schema:-53 count:8 custom_values:[4 8] buckets:[4 2 2]}}')).toBe(0.625)
  expect(fraction(0, 100, '{{schema:-53 count:8 custom_values:[4 8] buckets:[4 2 2]}}')).toBe(0.75)
})

test('the variance takes geometric middles, or arithmetic ones of custom buckets', () => {
  expect(histogramVariance(read('{{count:2 sum:0 buckets:[0 1] n_buckets:[0 1]}}'))).toBeCloseTo(2, 12)
  const custom = '{{schema:-53 count:2 sum:8 custom_values:[2 4 6] buckets:[0 1 1]}}'
  expect(histogramVariance(read(custom))).toBe(1)
})

test('a histogram that loses nothing keeps its sum', () => {
  const whole = read('{{count:3 sum:100 buckets:[1 2]}}')
  expect(trimUpper(whole, 2)).toBe(whole)
  expect(trimLower(whole, 0.5)).toBe(whole)
})

test('trimming interpolates like a quantile and estimates the sum from middles', () => {
  expect(trimUpper(read('{{count:4 sum:99 buckets:[0 4]}}'), Math.SQRT2)).toMatchObject({ count: expect.closeTo(2, 9) })
  const custom = read('{{schema:-53 sum:172.5 count:15 custom_values:[5 10 15 20] buckets:[1 6 4 3 1]}}')
  expect(trimUpper(custom, 13)).toMatchObject({ count: 9.4, sum: 75.1, positive: { count: [1, 6, 2.4] } })
  expect(trimLower(custom, 13)).toMatchObject({ sum: 94.9, positive: { index: [2, 3, 4], count: [1.6, 3, 1] } })
})

test('nobody knows what lies above a bound in the last custom bucket: it goes from below and stays from above', () => {
  const custom = read('{{schema:-53 sum:33 count:101 custom_values:[5] buckets:[1 100]}}')
  expect(trimUpper(custom, 10)).toMatchObject({ count: 1, sum: 2.5 })
  expect(trimLower(custom, 10)).toMatchObject({ count: 100, sum: 1000 })
})
