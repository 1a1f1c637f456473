import { describe, expect, test } from 'vitest'
import type { SeriesSource } from '../schemas/ports/series-source.js'
import { evaluateQuery } from './engine.js'
import { parseExpr } from './parse.js'
import { MemorySource } from './script/memory-source.js'
import { parseSeriesLine } from './script/series-line.js'
import { QueriesTogether } from './together.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }

/** Two hosts, and how often they were read. */
function hosts() {
  const memory = new MemorySource()
  for (const line of ['load{host="a"} 1+1x30', 'load{host="b"} 30-1x30', 'requests_total{host="a"} 0+60x30']) {
    const { labels, items } = parseSeriesLine(line)
    items.forEach((item, i) => {
      if (item && 'value' in item) memory.append(labels, i * MINUTE, item.value)
    })
  }
  const reads: string[] = []
  const source: SeriesSource = {
    select: (matchers, range) => {
      reads.push(matchers.map(({ value }) => value).join())
      return memory.select(matchers, range)
    },
  }
  return { memory, source, reads }
}

const QUERIES = [
  'load > 5',
  'load > 20',
  'sum by (host) (load) > 5',
  'avg(load) / sum(load)',
  'rate(requests_total[5m]) > 0.5',
  'rate(requests_total[5m]) > 2',
  'load > 5 and on (host) rate(requests_total[5m]) > 0.5',
  'max_over_time((load > 5)[10m:1m])',
  '-load offset 3m',
  'load @ 600 > 3',
  'absent(nothing)',
]

describe.each([
  ['at one time', { startMs: 20 * MINUTE, endMs: 20 * MINUTE, stepMs: MINUTE }],
  ['over a range', { startMs: 5 * MINUTE, endMs: 25 * MINUTE, stepMs: MINUTE }],
])('queries together %s', (_, times) => {
  test('give what each gives alone, in any order', async () => {
    const { memory, source } = hosts()
    for (const queries of [QUERIES, [...QUERIES].reverse()]) {
      const exprs = queries.map((text) => ({ text, expr: parseExpr(text) }))
      const together = new QueriesTogether(times, source, { limits })
      for (const { expr } of exprs) together.plan(expr)
      for (const { expr, text } of exprs) {
        const alone = await evaluateQuery(expr, text, times, memory, { limits })
        expect([text, (await together.evaluate(expr, text)).value]).toEqual([text, alone.value])
      }
    }
  })

  test('read what they select once', async () => {
    const { source, reads } = hosts()
    const exprs = ['load > 1', 'load > 2', 'load * 3 > 4'].map((text) => parseExpr(text))
    const together = new QueriesTogether(times, source, { limits })
    for (const expr of exprs) together.plan(expr)
    for (const expr of exprs) await together.evaluate(expr, '')
    expect(reads).toEqual(['load'])
  })
})

test('a query that fails leaves the others', async () => {
  const { source } = hosts()
  const [bad, good] = ['load + on () load', 'load > 5'].map((text) => parseExpr(text))
  const together = new QueriesTogether({ startMs: MINUTE, endMs: MINUTE, stepMs: MINUTE }, source, { limits })
  for (const expr of [bad, good]) together.plan(expr)
  await expect(together.evaluate(bad, '')).rejects.toThrow('duplicate series')
  expect((await together.evaluate(good, '')).value).toMatchObject({
    series: [
      {
        labels: [
          ['__name__', 'load'],
          ['host', 'b'],
        ],
      },
    ],
  })
})
