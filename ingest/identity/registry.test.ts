import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../schemas/config/load.js'
import { Kind } from '../../schemas/points.js'
import { partitionOf } from '../routing/partition.js'
import { firstLayout } from '../routing/plan-layout.js'
import { Routing } from '../routing/routing.js'
import { SeriesRegistry } from './registry.js'

const HOUR = 3_600_000
const { limits } = loadConfig({ env: {} })
const open = () => new SeriesRegistry({ limits, routing: new Routing([firstLayout(4)], 0) })

/** The handle of a series that must not be refused. */
function handleOf(registry: SeriesRegistry, metric: string, kind: Kind = Kind.Sample): number {
  const handle = registry.resolve(
    metric,
    [
      ['host', 'a'],
      ['zone', 'b'],
    ],
    kind,
  )
  if (typeof handle !== 'number') throw handle
  return handle
}

describe('a series', () => {
  test('has one handle, whatever the order of its labels', () => {
    const registry = open()
    expect(
      registry.resolve(
        'cpu',
        [
          ['zone', 'b'],
          ['host', 'a'],
        ],
        Kind.Sample,
      ),
    ).toBe(handleOf(registry, 'cpu'))
    expect(registry.size).toBe(1)
  })

  test('of another kind is another series', () => {
    const registry = open()
    expect(handleOf(registry, 'cpu', Kind.EventCounter)).not.toBe(handleOf(registry, 'cpu'))
  })

  test('lies in the partition of its metric', () => {
    const registry = open()
    for (const metric of ['cpu', 'memory', 'disk'])
      expect(registry.partition(handleOf(registry, metric))).toBe(partitionOf(metric, 4))
  })

  test('that is refused gets no handle and takes no room', () => {
    const registry = open()
    expect(registry.resolve('', [], Kind.Sample)).toMatchObject({ code: 'TM_SERIES_METRIC_NAME' })
    expect(registry.size + registry.guard.total).toBe(0)
  })
})

describe('a series without points', () => {
  test('for an hour is released, and handles are void from then on', () => {
    const registry = open()
    const [cpu, memory] = ['cpu', 'memory'].map((metric) => handleOf(registry, metric))
    registry.touch(cpu, 0)
    registry.touch(memory, 1)
    const { epoch } = registry
    expect(registry.releaseIdle(HOUR)).toBe(1)
    expect(registry.epoch).not.toBe(epoch)
    expect(registry).toMatchObject({ size: 1, guard: { total: 1 } })
    const moved = handleOf(registry, 'memory')
    expect(registry.series(moved).metric).toBe('memory')
    expect(registry.partition(moved)).toBe(partitionOf('memory', 4))
  })

  test('for less stays, and its handle too', () => {
    const registry = open()
    registry.touch(handleOf(registry, 'cpu'), 1)
    const { epoch } = registry
    expect(registry.releaseIdle(HOUR)).toBe(0)
    expect(registry.epoch).toBe(epoch)
  })

  test('makes room for others of its metric', () => {
    const registry = new SeriesRegistry({
      limits: { ...limits, seriesPerMetric: 1 },
      routing: new Routing([firstLayout(1)], 0),
    })
    registry.touch(handleOf(registry, 'cpu'), 0)
    expect(registry.resolve('cpu', [], Kind.Sample)).toMatchObject({ code: 'TM_CARDINALITY_METRIC' })
    registry.releaseIdle(HOUR)
    expect(registry.resolve('cpu', [], Kind.Sample)).toBe(0)
  })
})
