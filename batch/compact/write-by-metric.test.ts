import { expect, test } from 'vitest'
import { cutMetrics } from './write-by-metric.js'

test('small metrics share a file, a large one has its own', () => {
  const windows = new Map([
    ['c', 5],
    ['a', 10],
    ['b', 1_000_000],
    ['d', 7],
  ])
  expect(cutMetrics(windows)).toEqual([
    { from: 'a', to: 'a', windows: 10 },
    { from: 'b', to: 'b', windows: 1_000_000 },
    { from: 'c', to: 'd', windows: 12 },
  ])
})
