import fc from 'fast-check'
import { expect, test } from 'vitest'
import type {
  PushdownAnswer,
  PushdownRequest,
  PushdownSeries,
  SeriesSource,
} from '../../schemas/ports/series-source.js'
import { evaluateQuery } from '../engine.js'
import { dropLabels, keepLabels, type LabelSet, labelsKey, METRIC_NAME } from '../labels.js'
import { parseExpr } from '../parse.js'
import { MemorySource } from '../script/memory-source.js'

const LIMITS = { querySamples: 100_000, queryDepth: 50, queryResultSamples: 10_000 }
const TIMES = { startMs: 100_000, endMs: 400_000, stepMs: 50_000 }

const REDUCE: Record<string, (values: number[], q?: number) => number> = {
  last: (values) => values[values.length - 1],
  sum_over_time: (values) => values.reduce((sum, value) => sum + value, 0),
  count_over_time: (values) => values.length,
  rate: (values) => values.length,
  avg_over_time: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  min_over_time: (values) => Math.min(...values),
  max_over_time: (values) => Math.max(...values),
  quantile_over_time: (values, q = 0) => {
    const sorted = [...values].sort((a, b) => a - b)
    const rank = q * (sorted.length - 1)
    const below = sorted[Math.floor(rank)]
    const above = sorted[Math.min(Math.floor(rank) + 1, sorted.length - 1)]
    return below * (1 - (rank % 1)) + above * (rank % 1)
  },
}
const AGGREGATE: Record<string, (values: number[]) => number> = {
  sum: REDUCE.sum_over_time,
  count: REDUCE.count_over_time,
  avg: REDUCE.avg_over_time,
  min: REDUCE.min_over_time,
  max: REDUCE.max_over_time,
  group: () => 1,
}

/** A source that computes what it is asked for, in the plainest way, and so many steps of it at most. */
class ComputingSource implements SeriesSource {
  asked = 0
  mostSteps = Number.POSITIVE_INFINITY
  kind: PushdownAnswer['kind'] = 'sample'

  constructor(private readonly memory: MemorySource) {}

  select(...selection: Parameters<SeriesSource['select']>) {
    return this.memory.select(selection[0], selection[1])
  }

  async pushdown(request: PushdownRequest): Promise<PushdownAnswer> {
    const { matchers, grid, offsetMs, widthMs, func, parameter, aggregate } = request
    this.asked++
    const { startMs, endMs, stepMs } = grid
    const steps = Math.min(this.mostSteps, stepMs === 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1)
    const groups = new Map<string, { labels: LabelSet; values: number[][] }>()
    const range = { startMs: startMs - offsetMs - widthMs, endMs: endMs - offsetMs }
    for await (const series of this.memory.select(matchers, range)) {
      const labels = labelsOf(series.labels, func, aggregate)
      const group = groups.get(labelsKey(labels)) ?? { labels, values: Array.from({ length: steps }, () => []) }
      groups.set(labelsKey(labels), group)
      for (let step = 0; step < steps; step++) {
        const at = startMs + step * stepMs - offsetMs
        const seen = [...series.value].filter((_, i) => series.timeMs[i] > at - widthMs && series.timeMs[i] <= at)
        if (seen.length > 0) group.values[step].push(REDUCE[func](seen, parameter))
      }
    }
    const results: PushdownSeries[] = []
    for (const { labels, values } of groups.values()) {
      if (values.every((one) => one.length === 0)) continue
      const reduce = aggregate ? AGGREGATE[aggregate.op] : REDUCE.last
      const value = Float64Array.from(values, (one) => (one.length > 0 ? reduce(one) : 0))
      results.push({ labels, value, present: Uint8Array.from(values, (one) => (one.length > 0 ? 1 : 0)) })
    }
    return { steps, series: results, kind: this.kind }
  }
}

function labelsOf(labels: LabelSet, func: string, aggregate: PushdownRequest['aggregate']): LabelSet {
  if (aggregate?.by) return keepLabels(labels, new Set(aggregate.labels))
  if (aggregate) return dropLabels(labels, new Set([...aggregate.labels, METRIC_NAME]))
  return func === 'last' ? labels : dropLabels(labels, new Set([METRIC_NAME]))
}

const selector = fc.constantFrom('m', 'm{host="a"}', 'm offset 1m', '{__name__=~"m|n"}')
const ranged = fc
  .tuple(fc.constantFrom('sum', 'count', 'avg', 'min', 'max'), fc.constantFrom('m[1m]', 'm[5m] offset 30s', 'n[70s]'))
  .map(([func, range]) => `${func}_over_time(${range})`)
const operand = fc.oneof(selector, ranged, fc.constant('quantile_over_time(0.7, m[3m])'))
const aggregated = fc
  .tuple(
    fc.constantFrom('sum', 'count', 'min', 'max', 'avg', 'group'),
    fc.constantFrom('', 'by (region)', 'without (host)', 'by (__name__)'),
    operand,
  )
  .map(([op, grouping, inner]) => `${op} ${grouping} (${inner})`)
const query = fc.oneof(
  operand,
  aggregated,
  operand.map((inner) => `label_replace(${inner}, "was", "$1", "__name__", "(.*)")`),
  aggregated.map((inner) => `${inner} * 2`),
)

function memory(): MemorySource {
  const source = new MemorySource()
  for (const [name, host, region, every] of [
    ['m', 'a', 'x', 1],
    ['m', 'b', 'x', 2],
    ['m', 'c', 'y', 7],
    ['n', 'd', 'y', 1],
  ] as const) {
    const labels: LabelSet = [
      ['__name__', name],
      ['host', host],
      ['region', region],
    ]
    for (let i = 1; i < 40; i += every) source.append(labels, i * 10_000, (i * 7) % 13)
  }
  return source
}

test('what a source computes is what the engine would have computed', async () => {
  const computing = new ComputingSource(memory())
  await fc.assert(
    fc.asyncProperty(query, fc.integer({ min: 1, max: 7 }), async (text, mostSteps) => {
      computing.mostSteps = mostSteps
      const evaluate = (source: SeriesSource) =>
        evaluateQuery(parseExpr(text), text, TIMES, source, { limits: LIMITS }).catch((error) => error.message)
      expect(rounded(await evaluate(computing))).toEqual(rounded(await evaluate(memory())))
    }),
  )
  expect(computing.asked).toBeGreaterThan(20)
})

test('a source is not asked for what it cannot know', async () => {
  const computing = new ComputingSource(memory())
  for (const text of [
    'sum(m @ 100)',
    'sum_over_time(m[1m])[5m:1m]',
    'delta(m[1m])',
    'rate({host="a"}[1m])',
    'sum(rate({__name__=~"m|n"}[1m]))',
    'max_over_time({__name__=~"m|n"}[1m])',
    'quantile_over_time(2, m[1m])',
    'topk(1, sum_over_time({host="a"}[1m]))',
  ]) {
    await evaluateQuery(parseExpr(text), text, { ...TIMES, endMs: TIMES.startMs, stepMs: 0 }, computing, {
      limits: LIMITS,
    })
  }
  expect(computing.asked).toBe(0)
})

test('whoever takes the rate of readings that are not called a counter is told so, wherever it is computed', async () => {
  const computing = new ComputingSource(memory())
  const infos = async (text: string, kind: PushdownAnswer['kind']) => {
    computing.kind = kind
    return (await evaluateQuery(parseExpr(text), text, TIMES, computing, { limits: LIMITS })).infos
  }
  const text = 'sum(rate(m[1m]))'
  const inEngine = await evaluateQuery(parseExpr(text), text, TIMES, memory(), { limits: LIMITS })
  expect(inEngine.infos).toHaveLength(1)
  expect(await infos(text, 'sample')).toEqual(inEngine.infos)
  expect(await infos(text, 'event')).toEqual([])
  expect(computing.asked).toBe(2)
})

function rounded(result: Awaited<ReturnType<typeof evaluateQuery>> | string) {
  if (typeof result === 'string' || result.value.type !== 'matrix') return result
  return result.value.series.map(({ labels, timeMs, value }) => ({
    labels,
    points: [...timeMs].map((at, i) => [at, Number(value[i].toPrecision(12))]),
  }))
}
