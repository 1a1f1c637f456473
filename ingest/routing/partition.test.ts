import { expect, test } from 'vitest'
import { partitionOf } from './partition.js'

test('the partition of a metric never changes: the log is already written by it', () => {
  expect(['cpu_usage', 'http_requests_total', 'größe', ''].map((metric) => partitionOf(metric, 16))).toEqual([
    1, 4, 9, 4,
  ])
})

test('metrics spread over all partitions', () => {
  const counts = new Array<number>(8).fill(0)
  for (let i = 0; i < 8000; i++) counts[partitionOf(`metric_${i}`, 8)]++
  for (const count of counts) expect(count).toBeGreaterThan(800)
})
