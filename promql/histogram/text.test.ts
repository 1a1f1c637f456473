import { expect, test } from 'vitest'
import { formatHistogram, formatHistogramText, histogramToJson, parseHistogramText } from './index.js'

test('what is left out of a histogram has its default', () => {
  expect(parseHistogramText('{{}}')).toEqual({
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positive: { index: [], count: [] },
    negative: { index: [], count: [] },
    counterReset: 'unknown',
  })
})

test('every key is read', () => {
  const text =
    '{{schema:1 sum:-4.5 count:1e2 z_bucket:3 z_bucket_w:0.001 offset:-2 buckets:[1 0 .5 ] n_offset:3 n_buckets:[7] counter_reset_hint:not_reset}}'
  expect(parseHistogramText(text)).toEqual({
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 3,
    count: 100,
    sum: -4.5,
    positive: { index: [-2, -1, 0], count: [1, 0, 0.5] },
    negative: { index: [3], count: [7] },
    counterReset: 'notReset',
  })
  expect(parseHistogramText('{{schema:-53 sum:Inf custom_values:[-1 5]}}')).toMatchObject({
    sum: Number.POSITIVE_INFINITY,
    customValues: [-1, 5],
  })
})

test.each([
  ['{{count:x}}', 'count is "x", it must be a number'],
  ['{{schema:9}}', 'schema is 9'],
  ['{{size:1}}', 'no key "size"'],
  ['{{sum:1 sum:2}}', 'duplicate key "sum"'],
  ['{{buckets:1}}', 'buckets is "1", it must be a list'],
  ['{{custom_values:[1]}}', 'custom_values need schema:-53'],
  ['{{counter_reset_hint:maybe}}', 'counter_reset_hint is "maybe"'],
  ['{count:1}', 'stands in {{ and }}'],
])('%s is refused with its reason', (text, reason) => {
  expect(() => parseHistogramText(text)).toThrow(reason)
})

test('buckets are written in ascending order, with the bounds that they contain', () => {
  const both = parseHistogramText('{{count:15 sum:1e6 z_bucket:2 z_bucket_w:0.25 buckets:[0 3 4] n_buckets:[1 0 5]}}')
  expect(formatHistogram(both)).toBe('{count:15, sum:1e+06, [-4,-2):5, [-1,-0.5):1, [-0.25,0.25]:2, (1,2]:3, (2,4]:4}')
  expect(histogramToJson(both)).toEqual({
    count: '15',
    sum: '1000000',
    buckets: [
      [1, '-4', '-2', '5'],
      [1, '-1', '-0.5', '1'],
      [3, '-0.25', '0.25', '2'],
      [0, '1', '2', '3'],
      [0, '2', '4', '4'],
    ],
  })
})

test('custom buckets reach to the infinities, the first one contains its lower end', () => {
  const custom = parseHistogramText('{{schema:-53 count:3 sum:12 custom_values:[5 10] buckets:[1 0 2]}}')
  expect(formatHistogram(custom)).toBe('{count:3, sum:12, [-Inf,5]:1, (10,+Inf]:2}')
  expect(formatHistogramText(custom)).toBe('{{schema:-53 count:3 sum:12 custom_values:[5 10] buckets:[1 0 2]}}')
})

test('an empty histogram has no buckets in JSON', () => {
  expect(histogramToJson(parseHistogramText('{{}}'))).toEqual({ count: '0', sum: '0' })
})
