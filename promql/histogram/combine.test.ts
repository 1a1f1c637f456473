import { expect, test } from 'vitest'
import {
  addHistograms,
  compactHistogram,
  detectReset,
  divideHistogram,
  formatHistogramText,
  HistogramSum,
  observedCounterReset,
  parseHistogramText as read,
  scaleHistogram,
  storedCounterReset,
  subtractHistograms,
} from './index.js'

const add = (a: string, b: string) => addHistograms(read(a), read(b))
const text = (histogram: Parameters<typeof compactHistogram>[0] | undefined) =>
  histogram && formatHistogramText(compactHistogram(histogram))

test('the coarser schema wins', () => {
  const sum = add('{{schema:1 count:6 sum:2 buckets:[1 2 3]}}', '{{schema:0 count:2 sum:1 buckets:[1 1]}}')
  expect(text(sum?.histogram)).toBe('{{count:8 sum:3 buckets:[2 6]}}')
})

test('the wider zero bucket wins, and takes in the populated bucket that it ends in', () => {
  const sum = add('{{z_bucket:1 z_bucket_w:0.75 buckets:[0 5]}}', '{{z_bucket:2 z_bucket_w:0.001 buckets:[3 4]}}')
  expect(text(sum?.histogram)).toBe('{{z_bucket:6 z_bucket_w:1 offset:1 buckets:[9]}}')
})

test('custom bounds that only one has go, and it is told', () => {
  const sum = add(
    '{{schema:-53 custom_values:[2 4 6] buckets:[1 2 5 7]}}',
    '{{schema:-53 custom_values:[1 2 3 6] buckets:[1 1 1 1 1]}}',
  )
  expect(text(sum?.histogram)).toBe('{{schema:-53 custom_values:[2 6] buckets:[3 9 8]}}')
  expect(sum?.boundsReconciled).toBe(true)
})

test('exponential and custom buckets do not mix', () => {
  expect(add('{{}}', '{{schema:-53}}')).toBeUndefined()
  const sum = new HistogramSum()
  sum.add(read('{{count:1}}'))
  sum.add(read('{{schema:-53}}'))
  expect(sum.isMixed).toBe(true)
  expect(sum.sum()).toBeUndefined()
})

test('what is known of resets follows into the sum; a difference is a gauge', () => {
  const hinted = (hint: string) => `{{counter_reset_hint:${hint}}}`
  const joined = (a: string, b: string) => add(hinted(a), hinted(b))?.histogram.counterReset
  expect(joined('reset', 'reset')).toBe('reset')
  expect(joined('gauge', 'not_reset')).toBe('gauge')
  expect(joined('unknown', 'not_reset')).toBe('unknown')
  expect(add(hinted('reset'), hinted('not_reset'))).toMatchObject({
    histogram: { counterReset: 'unknown' },
    resetCollision: true,
  })
  expect(subtractHistograms(read('{{}}'), read('{{}}'))?.histogram.counterReset).toBe('gauge')
  expect(scaleHistogram(read('{{count:1}}'), -1)).toMatchObject({ count: -1, counterReset: 'gauge' })
})

test('a division by zero leaves no bucket', () => {
  const result = divideHistogram(read('{{count:2 sum:-1 buckets:[2]}}'), 0)
  expect(text(result)).toBe('{{count:+Inf sum:-Inf z_bucket:NaN}}')
})

test('large values that cancel out leave the small ones behind', () => {
  const sum = new HistogramSum()
  for (const value of ['1', '1e100', '1', '-1e100']) {
    sum.add(read(`{{sum:${value} count:${value} z_bucket:${value} buckets:[${value}]}}`))
  }
  expect(text(sum.sum())).toBe('{{count:2 sum:2 z_bucket:2 buckets:[2]}}')
})

test('what was compensated survives a change of the layout', () => {
  const sum = new HistogramSum()
  for (const value of ['1', '1e100']) sum.add(read(`{{schema:1 offset:1 z_bucket_w:0.1 buckets:[${value} 0]}}`))
  sum.add(read('{{schema:0 offset:1 z_bucket_w:0.25 buckets:[-1e100 1]}}'))
  expect(text(sum.sum())).toBe('{{z_bucket_w:0.25 offset:1 buckets:[1 1]}}')
  sum.add(read('{{z_bucket_w:3}}'))
  expect(text(sum.sum())).toBe('{{z_bucket:2 z_bucket_w:4}}')
})

test('a mean does not overflow on its way', () => {
  const sum = new HistogramSum()
  sum.add(read('{{count:5 sum:-1e308 buckets:[1e308]}}'))
  sum.add(read('{{count:1 sum:-1e308 buckets:[1.5e308]}}'))
  expect(text(sum.mean(2))).toBe('{{count:3 sum:-1e+308 buckets:[1.25e+308]}}')
  expect(sum.sum()?.sum).toBe(Number.NEGATIVE_INFINITY)
})

test('the sum of many tells what it met', () => {
  const sum = new HistogramSum()
  expect(sum.sum()).toBeUndefined()
  sum.add(read('{{schema:-53 custom_values:[1 2] counter_reset_hint:reset}}'))
  sum.add(read('{{schema:-53 custom_values:[2] counter_reset_hint:not_reset}}'))
  expect(sum).toMatchObject({ boundsReconciled: true, resetCollision: true, isMixed: false })
})

test.each([
  ['{{count:2 buckets:[1 1]}}', '{{count:2 buckets:[1 1]}}', false],
  ['{{count:1}}', '{{count:2}}', true],
  ['{{count:9 buckets:[1 3]}}', '{{count:4 buckets:[2 2]}}', true],
  ['{{count:9 buckets:[2]}}', '{{count:4 buckets:[2 0]}}', false],
  ['{{count:9 z_bucket:1}}', '{{count:4 z_bucket:2}}', true],
  ['{{schema:1 count:9 buckets:[9]}}', '{{schema:0}}', true],
  ['{{schema:0 count:9 buckets:[9 3]}}', '{{schema:1 count:4 buckets:[1 1 1]}}', false],
  ['{{count:9 z_bucket_w:0.001}}', '{{z_bucket_w:0.01}}', true],
  ['{{count:9 z_bucket:9 z_bucket_w:1}}', '{{count:4 buckets:[4]}}', false],
  ['{{count:9 z_bucket:9 z_bucket_w:0.75}}', '{{count:4 buckets:[4]}}', true],
  ['{{schema:-53 count:9 custom_values:[5 9] buckets:[1]}}', '{{schema:-53 custom_values:[5] buckets:[1]}}', false],
  [
    '{{schema:-53 count:9 custom_values:[2 3 4] buckets:[9 0 1]}}',
    '{{schema:-53 custom_values:[2 4] buckets:[1 2]}}',
    true,
  ],
  ['{{schema:-53 count:9}}', '{{}}', true],
  ['{{counter_reset_hint:not_reset}}', '{{count:2}}', false],
  ['{{count:3 counter_reset_hint:reset}}', '{{count:2}}', true],
])('%s after %s: reset is %s', (current, previous, reset) => {
  expect(detectReset(read(current), read(previous))).toBe(reset)
})

test('a store knows of a histogram what the one before it tells', () => {
  const [few, many] = [read('{{count:1 buckets:[1]}}'), read('{{count:2 buckets:[2]}}')]
  expect(storedCounterReset(few, undefined)).toBe('unknown')
  expect(storedCounterReset(many, few)).toBe('notReset')
  expect(storedCounterReset(few, many)).toBe('unknown')
  expect(storedCounterReset(read('{{schema:1 count:5 buckets:[5]}}'), few)).toBe('unknown')
  expect(storedCounterReset(read('{{counter_reset_hint:gauge}}'), few)).toBe('gauge')
  expect(observedCounterReset(few, many)).toBe('reset')
  expect(observedCounterReset(many, few)).toBe('notReset')
})
