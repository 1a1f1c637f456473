import { expect, test } from 'vitest'
import { TidemarkError } from '../schemas/errors.js'
import type { WindowedSeries } from '../schemas/ports/series-source.js'
import { GroupEvaluator, type RuleSource } from './evaluate.js'
import { Round } from './round.js'
import { asGroup } from './rule-book/as-group.js'
import { readRule } from './rule-book/rule.js'
import { seriesOf } from './testing/series.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
const HOSTS = ['a', 'b', 'c', 'd']
const memory = seriesOf(
  HOSTS.flatMap((host, i) => [
    `load{host="${host}"} ${i}+1x30`,
    `errors_total{host="${host}"} 0+${60 * i}x30`,
    `part:p99{host="${host}"} 1x30`,
  ]),
  MINUTE,
)
const RULES = [
  ...HOSTS.map((host) => `load{host="${host}"} > 5`),
  'load{host=~"a|b"} > 3 FOR 2m',
  'load{host!="a",host!=""} > 20',
  'sum(load) > 20',
  'rate(errors_total[5m]) > 1',
  'errors_total{host="d"} > 5 AND load{host="d"} > 5',
  'load increases > 10% in 5m',
  'max_over_time((load > 2)[10m:1m]) > 3',
  'load @ 600 > 3',
  ...HOSTS.map((host) => `part:p99{host="${host}"} > 0`),
]
const groups = RULES.map((when, i) => asGroup(readRule({ name: `r${i}`, when }), undefined, MINUTE))

/** What is read, and a source that takes at most so many series at once. */
function counting(mostSeries = 1000) {
  const reads: string[] = []
  const source: RuleSource = {
    async *select(matchers, range) {
      reads.push(matchers.map(({ value }) => value).join())
      const found = []
      for await (const one of memory.select(matchers, range)) found.push(one)
      if (found.length > mostSeries)
        throw new TidemarkError('TM_QUERY_SERIES', { series: found.length, limit: mostSeries })
      yield* found
    },
  }
  return { reads, options: { open: async () => source, limits, now: () => 0 } }
}

async function judged(together: boolean, mostSeries?: number, querySamples = limits.querySamples) {
  const { reads, options } = counting(mostSeries)
  const evaluators = groups.map(
    (group) => new GroupEvaluator(group, { ...options, limits: { ...limits, querySamples } }),
  )
  const round = new Round({ ...options, limits: { ...limits, querySamples } })
  if (together) for (const one of evaluators) round.plan(one, 20 * MINUTE)
  for (const one of evaluators) await one.advance(20 * MINUTE, together ? round : undefined)
  return { reads, statuses: evaluators.map((one) => one.status()) }
}

test('rules judged together find what each finds alone, and read each metric once for each way of reading', async () => {
  const alone = await judged(false)
  const together = await judged(true)
  expect(together.statuses).toEqual(alone.statuses)
  expect(together.statuses.flatMap(({ rules }) => rules).filter(({ health }) => health !== 'ok')).toEqual([])
  expect(together.reads.length).toBeLessThan(alone.reads.length / 2)
  expect(together.reads.filter((read) => read === 'load|errors_total' || read === 'load')).not.toHaveLength(0)
})

test('more series than may be selected at once are read in parts', async () => {
  expect((await judged(true, 4)).statuses).toEqual((await judged(true)).statuses)
})

test('a rule that is too much together with the others is judged alone', async () => {
  expect((await judged(true, undefined, 150)).statuses).toEqual((await judged(true)).statuses)
})

test('a source that keeps whole metrics is asked for them, and to select what it does not keep', async () => {
  const { reads, options } = counting()
  const source = await options.open()
  const kept: string[] = []
  const keeping: RuleSource = {
    ...source,
    async wholeMetrics(names, range) {
      const found = new Map<string, WindowedSeries[]>()
      for (const name of names.filter((one) => one !== 'errors_total')) {
        kept.push(name)
        const all: WindowedSeries[] = []
        for await (const one of memory.select([{ name: '__name__', op: '=', value: name }], range)) all.push(one)
        found.set(name, all)
      }
      return found
    },
  }
  const evaluators = groups.map((group) => new GroupEvaluator(group, { ...options, open: async () => keeping }))
  const round = new Round({ ...options, open: async () => keeping })
  for (const one of evaluators) round.plan(one, 20 * MINUTE)
  for (const one of evaluators) await one.advance(20 * MINUTE, round)
  expect(evaluators.map((one) => one.status())).toEqual((await judged(true)).statuses)
  expect(new Set(kept)).toEqual(new Set(['load', 'part:p99']))
  expect(reads.filter((read) => read.startsWith('errors_total'))).not.toHaveLength(0)
})

test('a source that lacks something judges nothing', async () => {
  const partial: RuleSource = {
    select: (matchers, range) => memory.select(matchers, range),
    partialReasons: new Set(['the hot view failed']),
  }
  const options = { open: async () => partial, limits, now: () => 0 }
  const round = new Round(options)
  const evaluators = groups.map((group) => new GroupEvaluator(group, options))
  for (const one of evaluators) round.plan(one, 20 * MINUTE)
  for (const one of evaluators) await one.advance(20 * MINUTE, round)
  const healths = evaluators
    .flatMap((one) => one.status().rules)
    .map(({ health, lastError }) => [health, lastError?.includes('the hot view failed')])
  expect(healths).toEqual(groups.map(() => ['err', true]))
})
