import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import type { CardinalityPolicy } from '../../schemas/config/schema.js'
import type { TidemarkError } from '../../schemas/errors.js'
import { Kind } from '../../schemas/points.js'
import type { Label } from '../../schemas/series/series.js'
import { firstLayout } from '../routing/plan-layout.js'
import { Routing } from '../routing/routing.js'
import { SeriesRegistry } from './registry.js'

const { limits } = loadConfig({ env: {} })
const policy = (settings: Partial<CardinalityPolicy>): CardinalityPolicy => ({
  metric: 'http',
  over: 'refuse',
  drop: [],
  keep_one_of: 10,
  ...settings,
})

function registry(policies: CardinalityPolicy[], seriesTotal = limits.seriesTotal) {
  const series = new SeriesRegistry({
    limits: { ...limits, seriesPerMetric: 5, seriesTotal },
    routing: new Routing([firstLayout(4)], 0),
    policies,
  })
  const resolve = (labels: Label[], metric = 'http') => series.resolve(metric, labels, Kind.Sample)
  /** What a user's series is stored as, or the code of its refusal. */
  const stored = (labels: Label[]) => {
    const handle = resolve(labels)
    return typeof handle === 'number' ? series.series(handle).toString() : handle.code
  }
  return { series, resolve, stored }
}

const user = (id: number, method = 'GET'): Label[] => [
  ['method', method],
  ['user', `u${id}`],
]

describe('a metric at its limit of series', () => {
  test('refuses one more, and names the label with the most values', () => {
    const { resolve } = registry([])
    for (let id = 0; id < 5; id++) expect(resolve(user(id))).toBe(id)
    expect((resolve(user(5)) as TidemarkError).hint).toContain('label "user" has 5 values')
    expect(resolve(user(3))).toBe(3)
  })

  test('has the limit of its policy, and * is the policy of all others', () => {
    const { stored, resolve } = registry([policy({ limit: 2 }), policy({ metric: '*', limit: 1 })])
    expect([0, 1, 2].map((id) => stored(user(id))).at(-1)).toBe('TM_CARDINALITY_METRIC')
    expect(resolve([['a', '1']], 'other')).toBe(2)
    expect(resolve([['a', '2']], 'other')).toMatchObject({ code: 'TM_CARDINALITY_METRIC' })
  })

  test('drops its widest label if the policy says so: the others still tell series apart', () => {
    const { stored, series } = registry([policy({ over: 'drop_label' })])
    for (let id = 0; id < 5; id++) stored(user(id))
    expect(stored(user(7))).toBe('http{method="GET"}')
    expect(stored(user(8, 'PUT'))).toBe('http{method="PUT"}')
    expect(series.size).toBe(7)
  })

  test('gives reduced series as much room again, then drops the next label, and at last refuses', () => {
    const { stored, series } = registry([policy({ over: 'drop_label' })])
    for (let id = 0; id < 5; id++) stored(user(id, `m${id}`))
    const later = Array.from({ length: 20 }, (_, i) => stored(user(100 + i, `n${i}`)))
    expect(series.size).toBeLessThanOrEqual(11)
    expect(new Set(later.slice(10))).toEqual(new Set(['TM_CARDINALITY_METRIC']))
  })

  test('keeps one new series in so many by its hash, and the same ones each time', () => {
    const sampled = () => {
      const { stored } = registry([policy({ over: 'sample', keep_one_of: 4 })])
      return Array.from({ length: 405 }, (_, id) => stored(user(id))).slice(5)
    }
    const kept = sampled().filter((text) => text !== 'TM_CARDINALITY_METRIC')
    expect(kept.length).toBeGreaterThan(60)
    expect(kept.length).toBeLessThan(140)
    expect(sampled().filter((text) => text !== 'TM_CARDINALITY_METRIC')).toEqual(kept)
  })

  test('is judged without labels that are always dropped', () => {
    const { stored, series } = registry([policy({ drop: ['user'] })])
    for (let id = 0; id < 50; id++) expect(stored(user(id))).toBe('http{method="GET"}')
    expect(series.size).toBe(1)
  })
})

test('the total is taken at its limit and refused one above, whatever a policy allows', () => {
  const { resolve } = registry([policy({ limit: 100 })], 3)
  expect([0, 1, 2].map((id) => resolve(user(id)))).toEqual([0, 1, 2])
  expect(resolve(user(3))).toMatchObject({
    code: 'TM_CARDINALITY_TOTAL',
    message: '3 series are active, the limit is 3',
  })
})
