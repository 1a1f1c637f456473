import { expect, test } from 'vitest'
import { metricHash } from './metric-hash.js'

test('is the same in every process: 32 bits, unsigned', () => {
  expect(metricHash('')).toBe(0x811c9dc5)
  expect(['up', 'päge.views', '指标'].map(metricHash)).toEqual([404_516_672, 3_337_389_403, 3_549_854_240])
})

test('tells names apart', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `http_requests_${i}_total`)
  expect(new Set(names.map(metricHash)).size).toBe(names.length)
})
