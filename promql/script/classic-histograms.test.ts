import { expect, test } from 'vitest'
import type { LabelSet } from '../labels.js'
import { type ClassicPoint, customBucketHistograms } from './classic-histograms.js'

const point = (name: string, value: number, le = ''): ClassicPoint => {
  const labels: LabelSet = [['__name__', name], ...(le === '' ? [] : [['le', le] as const])]
  return { labels, timeMs: 0, value }
}

test('buckets, count and sum become one histogram with custom buckets', () => {
  const [converted, ...others] = customBucketHistograms([
    point('x_bucket', 5, '+Inf'),
    point('x_bucket', 1, '0.5'),
    point('x_bucket', 1, '2'),
    point('x_count', 5),
    point('x_sum', 7),
    point('y', 1),
  ])
  expect(others).toEqual([])
  expect(converted.labels).toEqual([['__name__', 'x']])
  expect(converted.histogram).toMatchObject({
    count: 5,
    sum: 7,
    customValues: [0.5, 2],
    positive: { index: [0, 2], count: [1, 4] },
  })
})

test('what lies above the last bound is the rest of the count', () => {
  const [{ histogram }] = customBucketHistograms([point('x_bucket', 1, '1'), point('x_count', 3)])
  expect(histogram.positive).toEqual({ index: [0, 1], count: [1, 2] })
})

test('buckets that fall, or differ from the count, are refused', () => {
  expect(() => customBucketHistograms([point('x_bucket', 2, '1'), point('x_bucket', 1, '2')])).toThrow('le="2"')
  expect(() => customBucketHistograms([point('x_bucket', 2, '+Inf'), point('x_count', 1)])).toThrow('count 1')
})
