import { describe, expect, test } from 'vitest'
import type { SeriesSource } from '../schemas/ports/series-source.js'
import type { Matcher } from '../schemas/series/matcher.js'
import type { TimeRange } from '../schemas/time.js'
import { evaluateQuery, type QueryOptions } from './engine.js'
import { formatLabels } from './labels.js'
import { parseExpr } from './parse.js'
import { MemorySource } from './script/memory-source.js'
import { turnsDuring } from './testing/turns.js'

const LIMITS = { querySamples: 100_000, queryDepth: 50, queryResultSamples: 10_000 }

/** Counter `m_total` of two hosts (i and 2i at i x 10 s), gauge `g` with a gap and a marker. */
function source(): MemorySource {
  const memory = new MemorySource()
  for (let i = 0; i <= 100; i++) {
    memory.append(
      [
        ['__name__', 'm_total'],
        ['host', 'a'],
      ],
      i * 10_000,
      i,
    )
    memory.append(
      [
        ['__name__', 'm_total'],
        ['host', 'b'],
      ],
      i * 10_000,
      2 * i,
    )
  }
  memory.append([['__name__', 'g']], 0, 1)
  memory.append([['__name__', 'g']], 10_000, 'stale')
  memory.append([['__name__', 'g']], 400_000, 2)
  return memory
}

/** Values by labels: one for an instant query, a list with `_` for gaps for a range query. */
async function answer(
  text: string,
  times: number | [number, number, number],
  options: Partial<QueryOptions> = {},
  from: SeriesSource = source(),
): Promise<Record<string, unknown> | unknown> {
  const [startMs, endMs, stepMs] = typeof times === 'number' ? [times, times, 0] : times
  const result = await evaluateQuery(parseExpr(text), text, { startMs, endMs, stepMs }, from, {
    limits: LIMITS,
    ...options,
  })
  const { value } = result
  if (value.type === 'scalar' || value.type === 'string') return value.value
  if (value.type === 'vector') {
    return Object.fromEntries(value.samples.map((sample) => [formatLabels(sample.labels), sample.value]))
  }
  return Object.fromEntries(
    value.series.map((series) => [
      formatLabels(series.labels),
      [...series.timeMs].map((timeMs, i) => `${timeMs / 1000}=${series.value[i]}`).join(' '),
    ]),
  )
}

describe('selectors', () => {
  test('see the newest point of the lookback, which is left-open', async () => {
    expect(await answer('g', 299_999)).toEqual({})
    expect(await answer('g', 5_000)).toEqual({ '{__name__="g"}': 1 })
    expect(await answer('g', 699_999)).toEqual({ '{__name__="g"}': 2 })
    expect(await answer('g', 700_000)).toEqual({})
  })

  test('a staleness marker ends a series until its next point', async () => {
    expect(await answer('g', [0, 400_000, 200_000])).toEqual({ '{__name__="g"}': '0=1 400=2' })
  })

  test('ranges are left-open', async () => {
    expect(await answer('count_over_time(m_total{host="a"}[30s])', 100_000)).toEqual({ '{host="a"}': 3 })
    expect(await answer('m_total{host="a"}[20s]', 100_000)).toEqual({
      '{__name__="m_total", host="a"}': '90=9 100=10',
    })
  })

  test('subqueries lie on multiples of their step, whenever they are asked', async () => {
    expect(await answer('m_total{host="a"}[1m:20s]', 105_000)).toEqual({
      '{__name__="m_total", host="a"}': '60=6 80=8 100=10',
    })
    expect(await answer('sum_over_time(m_total{host="a"}[1m:20s])', [105_000, 115_000, 10_000])).toEqual({
      '{host="a"}': '105=24 115=24',
    })
  })

  test('@ and offset fix and move the time that is read', async () => {
    expect(await answer('m_total{host="a"} @ 50 offset 10s', [0, 20_000, 10_000])).toEqual({
      '{__name__="m_total", host="a"}': '0=4 10=4 20=4',
    })
    expect(await answer('rate(m_total{host="a"}[1m] @ end())', [0, 600_000, 300_000])).toEqual({
      '{host="a"}': '0=0.1 300=0.1 600=0.1',
    })
  })

  test('each is read once', async () => {
    const memory = source()
    let reads = 0
    const counting: SeriesSource = {
      select(matchers: readonly Matcher[], range: TimeRange) {
        reads++
        return memory.select(matchers, range)
      },
    }
    await answer('sum(m_total) / count(m_total) + rate(m_total[1m]) - rate(m_total[1m])', 60_000, {}, counting)
    expect(reads).toBe(2)
  })
})

describe('metric names', () => {
  test('go at the end, from what is no longer the metric', async () => {
    expect(await answer('label_replace(-m_total{host="a"}, "was", "$1", "__name__", "(.*)")', 10_000)).toEqual({
      '{host="a", was="m_total"}': -1,
    })
  })

  test('series that become the same are one, unless both have a value at a step', async () => {
    const memory = new MemorySource()
    memory.append([['__name__', 'a']], 0, 1)
    memory.append([['__name__', 'b']], 600_000, 2)
    expect(await answer('-{__name__=~"a|b"}', [0, 600_000, 600_000], {}, memory)).toEqual({ '{}': '0=-1 600=-2' })
    memory.append([['__name__', 'a']], 600_000, 1)
    await expect(answer('-{__name__=~"a|b"}', 600_000, {}, memory)).rejects.toThrow(
      'vector cannot contain metrics with the same labelset',
    )
  })
})

test('a value is of the type of the query, and of a range query always a matrix', async () => {
  expect(await answer('1 + 1', 0)).toBe(2)
  expect(await answer('"text"', 0)).toBe('text')
  expect(await answer('time()', [0, 20_000, 10_000])).toEqual({ '{}': '0=0 10=10 20=20' })
  await expect(answer('m_total[1m]', [0, 20_000, 10_000])).rejects.toThrow(
    'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  )
})

test('absent_over_time has the labels that its selector fixes', async () => {
  expect(await answer('absent_over_time(nothing{a="1",b=~"2"}[1m])', 0)).toEqual({ '{a="1"}': 1 })
  expect(await answer('absent_over_time(g[1m])', [0, 400_000, 200_000])).toEqual({ '{}': '200=1' })
})

test('modifiers of ranges are refused by functions that make no sense of them', async () => {
  await expect(answer('max_over_time(m_total[1m] anchored)', 0)).rejects.toThrow(
    'anchored modifier can only be used with: changes, delta, increase, rate, resets - not with max_over_time',
  )
})

describe('limits', () => {
  test('of samples count what is read and what is made of it', async () => {
    await expect(answer('m_total[10m]', 600_000, { limits: { ...LIMITS, querySamples: 119 } })).rejects.toMatchObject({
      code: 'TM_QUERY_SAMPLES',
    })
    expect(await answer('count(m_total)', 600_000, { limits: { ...LIMITS, querySamples: 200 } })).toEqual({ '{}': 2 })
  })

  test('hold for grids that nobody can compute', async () => {
    await expect(answer('sum_over_time(vector(1)[1000d:1ms])', 0)).rejects.toMatchObject({ code: 'TM_QUERY_SAMPLES' })
  })

  test('of the result, with its size', async () => {
    const limits = { ...LIMITS, queryResultSamples: 10 }
    await expect(answer('m_total', [0, 100_000, 10_000], { limits })).rejects.toMatchObject({
      code: 'TM_QUERY_RESULT',
      details: { samples: 22, limit: 10 },
    })
  })

  test('of time, and cancelling, end a query on its way', async () => {
    const aborted = AbortSignal.abort()
    await expect(answer('m_total', 0, { signal: aborted })).rejects.toMatchObject({ code: 'TM_QUERY_CANCELLED' })
    let clock = 0
    await expect(answer('m_total', 0, { timeoutMs: 50, now: () => (clock += 100) })).rejects.toMatchObject({
      code: 'TM_QUERY_TIME',
    })
  })
})

test('other work gets its turn while a query is evaluated', async () => {
  // Each look at the clock finds that a turn is over.
  let clock = 0
  const now = () => (clock += 10)
  const limits = { ...LIMITS, querySamples: 10_000_000 }
  const turns = await turnsDuring(() => answer('max_over_time(m_total[15m])', [0, 1_000_000, 1_000], { limits, now }))
  expect(turns).toBeGreaterThan(3)
})

test('what a subquery reads inside is not counted again, what is fixed counts at every step', async () => {
  const looked = async (text: string) => {
    const times = { startMs: 60_000, endMs: 80_000, stepMs: 10_000 }
    return (await evaluateQuery(parseExpr(text), text, times, source(), { limits: LIMITS })).stats.totalSamples
  }
  expect(await looked('sum_over_time(m_total{host="a"}[1m:30s])')).toBe(6)
  expect(await looked('m_total @ 60')).toBe(6)
})

test('what was read is told, by step and by part if that is wanted', async () => {
  const text = 'sum(rate(m_total[1m])) + 1'
  const times = { startMs: 60_000, endMs: 80_000, stepMs: 10_000 }
  const brief = await evaluateQuery(parseExpr(text), text, times, source(), { limits: LIMITS })
  expect(brief.stats).toMatchObject({ totalSamples: 36, samplesPerStep: undefined, plan: undefined })
  const { stats } = await evaluateQuery(parseExpr(text), text, times, source(), { limits: LIMITS, stats: true })
  expect([...(stats.samplesPerStep ?? [])]).toEqual([12, 12, 12])
  expect(stats.plan).toMatchObject({
    text,
    series: 1,
    parts: [
      { text: 'sum(rate(m_total[1m]))', parts: [{ text: 'rate(m_total[1m])', samples: 36, series: 2 }] },
      { text: '1' },
    ],
  })
})

describe('annotations', () => {
  const notes = async (text: string, [startMs, endMs, stepMs]: [number, number, number], from = source()) => {
    const { warnings, infos } = await evaluateQuery(parseExpr(text), text, { startMs, endMs, stepMs }, from, {
      limits: LIMITS,
    })
    return [...warnings, ...infos]
  }
  const at = (timeMs: number): [number, number, number] => [timeMs, timeMs, 0]

  test('what is said of the points of a subquery stands at the start of the query', async () => {
    expect(await notes('2 * rate(g[10m:1m])', at(400_000))).toEqual([])
    expect(await notes('2 * rate((g * 0 + g)[10m:1m])', at(600_000))).toEqual([])
    expect(await notes('2 * rate(g[10m:1m])', at(600_000))).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "g" (1:1)',
    ])
  })

  test('the same text comes once, at the last place that gave rise to it', async () => {
    expect(await notes('quantile(2, m_total) + quantile(2, m_total)', at(100_000))).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 2 (1:33)',
    ])
  })

  test('sort means nothing in a range query', async () => {
    expect(await notes('sort(m_total)', [0, 60_000, 30_000])).toEqual([
      'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)',
    ])
    expect(await notes('sort(m_total)', at(60_000))).toEqual([])
  })

  test('start times that overlap are counted', async () => {
    const memory = new MemorySource()
    for (const host of ['a', 'b']) {
      const labels: [string, string][] = [
        ['__name__', 'c_total'],
        ['host', host],
      ]
      for (let i = 1; i <= 3; i++) memory.append(labels, i * 60_000, i, i * 10_000)
    }
    expect(await notes('rate(c_total[5m])', at(180_000), memory)).toEqual([
      'PromQL warning: sample has start time that overlaps with previous sample timestamp for metric "c_total" (2 occurrences) (1:6)',
    ])
  })
})
