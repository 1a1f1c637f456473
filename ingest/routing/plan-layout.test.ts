import { expect, test } from 'vitest'
import type { Layout } from '../../schemas/ports/layouts.js'
import { type LayoutRequest, planLayout } from './plan-layout.js'

const NOW = 1_767_225_601_000
const first: Layout = { fromMs: 0, partitions: 4, splits: {} }

function plan(change: Partial<LayoutRequest>): Layout | undefined {
  return planLayout({
    layouts: [first],
    partitions: 4,
    nowMs: NOW,
    pointsByMetric: new Map(),
    spanMs: 60_000,
    rules: { splitShare: 0.3, splitRate: 100, blockMs: 600_000, leadMs: 660_000 },
    ...change,
  })
}

test('the very first layout holds for all times', () => {
  expect(plan({ layouts: [] })).toEqual({ fromMs: 0, partitions: 4, splits: {} })
})

test('what is spread well stays as it is', () => {
  expect(plan({ pointsByMetric: new Map([1, 2, 3, 4].map((n) => [`metric_${n}`, 100_000])) })).toBeUndefined()
})

test('partitions that were added take points from the end of a block on that no gateway has points for yet', () => {
  expect(plan({ partitions: 8 })).toEqual({ fromMs: NOW - 1000 + 1_200_000, partitions: 8, splits: {} })
})

test('a log never goes back to fewer partitions', () => {
  expect(plan({ layouts: [{ ...first, partitions: 8 }] })).toBeUndefined()
})

test('a metric over its share is split, over more partitions the larger its share is', () => {
  const pointsByMetric = new Map([
    ['hot', 64_000],
    ['warm', 31_000],
    ['cold', 5000],
  ])
  expect(plan({ pointsByMetric })?.splits).toEqual({ hot: 4, warm: 3 })
})

test('few points are nothing to split for', () => {
  expect(plan({ pointsByMetric: new Map([['only', 5000]]) })).toBeUndefined()
})

test('a split stays when its metric falls silent, and nothing is planned while another layout is to come', () => {
  const split = { ...first, splits: { hot: 2 } }
  const pointsByMetric = new Map([['hot', 64_000]])
  expect(plan({ layouts: [split] })).toBeUndefined()
  expect(plan({ layouts: [first, { ...split, fromMs: NOW + 1 }], pointsByMetric })).toBeUndefined()
})
