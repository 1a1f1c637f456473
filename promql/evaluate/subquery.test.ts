import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NativeHistogram } from '../../schemas/histogram.js'
import { evaluateQuery, type QueryOptions } from '../engine.js'
import { compareLabels, type LabelSet } from '../labels.js'
import { parseExpr } from '../parse.js'
import { MemorySource } from '../script/memory-source.js'
import { turnsDuring } from '../testing/turns.js'

const LIMITS = { querySamples: 10_000_000, queryDepth: 50, queryResultSamples: 1_000_000 }
/** Samples of work between two looks at the clock. */
const PACE_SAMPLES = 20_000

function histogram(count: number): NativeHistogram {
  const none = { index: [], count: [] }
  const positive = { index: [1], count: [count] }
  return {
    schema: 0,
    count,
    sum: count,
    zeroThreshold: 0,
    zeroCount: 0,
    positive,
    negative: none,
    counterReset: 'unknown',
  }
}

/** A counter of two hosts, a gauge with gaps, and native histograms. */
function source(): MemorySource {
  const memory = new MemorySource()
  const named = (name: string, host: string): LabelSet => [
    ['__name__', name],
    ['host', host],
  ]
  for (let i = 0; i < 60; i++) {
    memory.append(named('m_total', 'a'), i * 10_000, i % 17)
    if (i > 30) memory.append(named('m_total', 'b'), i * 10_000, 2 * i)
    if (i % 13 < 2) memory.append(named('g', 'a'), i * 10_000, i % 13 === 0 ? i : 'stale')
    memory.append(named('h', 'a'), i * 10_000, histogram(i % 11))
  }
  return memory
}

async function ask(
  text: string,
  [startMs, endMs, stepMs]: [number, number, number],
  options: Partial<QueryOptions> = {},
) {
  const times = { startMs, endMs, stepMs }
  return evaluateQuery(parseExpr(text), text, times, source(), { limits: LIMITS, lookbackMs: 30_000, ...options })
}

async function answer(...query: Parameters<typeof ask>) {
  try {
    const { value, warnings, infos } = await ask(...query)
    // A vector has no order of its own.
    if (value.type === 'vector') value.samples.sort((a, b) => compareLabels(a.labels, b.labels))
    return { value, warnings, infos }
  } catch (thrown) {
    return (thrown as Error).message
  }
}

const inner = fc.constantFrom(
  'm_total',
  'g',
  'm_total > 5',
  'm_total @ 200',
  'rate(m_total[1m])',
  'sum by (host) (m_total)',
  'topk(1, m_total)',
  'h',
  'rate(h[1m])',
  'histogram_count(h)',
  'absent(g)',
  'time()',
  'vector(1)',
  'scalar(g)',
  'm_total / on (host) g',
  'g or m_total offset 1m',
  'label_replace(g, "host", "b", "", "") or m_total',
  'max_over_time(m_total[1m:7s])',
  'avg_over_time(m_total[2m:5s] @ 300)',
)
const func = fc.constantFrom('sum', 'count', 'last', 'max', 'present', 'absent', 'stddev', 'ts_of_last')
const ranged = fc.tuple(func, inner, fc.integer({ min: 1, max: 40 }))

test('what a subquery gives does not depend on the stretches it is evaluated in', async () => {
  await fc.assert(
    fc.asyncProperty(ranged, fc.integer({ min: 1, max: 9 }), async ([name, expr, stepSeconds], stretchSteps) => {
      const vector = expr === 'time()' || expr.startsWith('scalar') ? `vector(${expr})` : expr
      const text = `${name}_over_time((${vector})[5m:${stepSeconds}s])`
      for (const times of [
        [400_000, 400_000, 0],
        [200_000, 500_000, 23_000],
      ] as [number, number, number][]) {
        const whole = await answer(text, times)
        const inStretches = await answer(text, times, { stretchSteps, stats: true })
        expect([text, inStretches]).toEqual([text, whole])
      }
    }),
    { numRuns: 200 },
  )
  const points = '(g or m_total)[5m:7s]'
  expect((await ask(points, [400_000, 400_000, 0], { stretchSteps: 4 })).value).toEqual(
    (await ask(points, [400_000, 400_000, 0])).value,
  )
})

test('a part is noted once in the plan, however many stretches it was evaluated in', async () => {
  const { stats } = await ask('sum_over_time(sum(m_total)[5m:1s])', [400_000, 400_000, 0], {
    stretchSteps: 3,
    stats: true,
  })
  expect(stats.plan).toMatchObject({
    parts: [{ text: 'sum(m_total)', series: 1, parts: [{ text: 'm_total', series: 2 }] }],
  })
})

test('a subquery has as many steps as the limit says, and no more', async () => {
  const limits = { ...LIMITS, querySteps: 300 }
  expect((await ask('count_over_time(vector(1)[300s:1s])', [400_000, 400_000, 0], { limits })).value).toMatchObject({
    samples: [{ value: 300 }],
  })
  await expect(ask('count_over_time(vector(1)[301s:1s])', [400_000, 400_000, 0], { limits })).rejects.toThrow(
    'a subquery has 301 steps of 1,000 ms, the limit is 300 steps',
  )
})

test('however many steps a subquery has, others have their turns', async () => {
  const steps = 400_000
  for (const expr of [
    'm_total',
    'vector(1)',
    'vector(time())',
    'vector(scalar(g))',
    'absent(nothing)',
    'm_total @ 9',
    'h',
  ]) {
    // Each look at the clock finds that a turn is over.
    let clock = 0
    const turns = await turnsDuring(() =>
      ask(`count_over_time(${expr}[${steps}s:1s])`, [600_000, 600_000, 0], { now: () => (clock += 10) }),
    )
    expect([expr, turns >= steps / PACE_SAMPLES - 1]).toEqual([expr, true])
  }
})
