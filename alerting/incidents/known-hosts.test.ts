import { beforeEach, expect, test } from 'vitest'
import { parseExpr } from '../../promql/parse.js'
import type { Given } from '../ask.js'
import { alertOn, flushOf, POLICY } from '../testing/incidents.js'
import { HostCounter } from './known-hosts.js'

const GROUP = flushOf([alertOn('web-1')], 0)

let asked: string[]
let answer: Given[]

beforeEach(() => {
  asked = []
  answer = []
})

function counterOf(expr: string): HostCounter {
  return new HostCounter({
    exprOf: () => parseExpr(expr),
    async ask(query) {
      asked.push(query)
      return answer
    },
    labels: POLICY,
  })
}

/** A group of another service, as large as the first. */
function groupOf(service: string, flushedMs = 0) {
  const group = flushOf([alertOn('web-1')], flushedMs)
  return { ...group, groupLabels: { ...group.groupLabels, service } }
}

const given = (service: string, value: number, region = 'us-east-1'): Given => ({
  labels: [
    ['region', region],
    ['service', service],
  ],
  value,
})

test.each([
  [
    'error_rate > 0.05',
    'count by (service, region) (count by (host, service, region) (error_rate{region="us-east-1",service="api-service"}))',
  ],
  [
    'sum by (host) (rate(errors{code=~"5..",service!="x"}[5m] offset 1m)) / 2 > 1',
    'count by (service, region) (count by (host, service, region) (errors{code=~"5..",region="us-east-1",service="api-service"}))',
  ],
])('hosts of %s are counted by %s', async (expr, query) => {
  answer = [given('api-service', 100)]
  expect(await counterOf(expr).count(GROUP)).toBe(100)
  // The order of matchers does not matter.
  expect(asked.map(sorted)).toEqual([sorted(query)])
  expect(() => parseExpr(asked[0])).not.toThrow()
})

function sorted(query: string): string {
  return query.replace(/\{(.*)\}/, (_, matchers: string) => `{${matchers.split(',').sort().join()}}`)
}

test('groups of one rule and time are one question, and each gets its own hosts', async () => {
  const counter = counterOf('error_rate > 0.05')
  answer = [given('a.b', 3), given('c', 5), given('c', 7, 'eu')]
  const counts = await Promise.all(['a.b', 'c', 'unseen'].map((service) => counter.count(groupOf(service))))
  expect(counts).toEqual([3, 5, undefined])
  expect(asked).toHaveLength(1)
  expect(asked[0]).toContain('service=~"a\\\\.b|c|unseen"')
  await Promise.all([counter.count(groupOf('c', 1)), counter.count(groupOf('c', 2))])
  expect(asked).toHaveLength(3)
})

test('a question without an answer fails for everyone who asked it', async () => {
  const counter = new HostCounter({
    exprOf: () => parseExpr('error_rate > 0.05'),
    ask: () => Promise.reject(new Error('too slow')),
    labels: POLICY,
  })
  const outcomes = await Promise.allSettled(['a', 'b'].map((service) => counter.count(groupOf(service))))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('where no alert names a host, or the rule no series, nothing is counted', async () => {
  const hostless = flushOf([alertOn('x', { labels: { alertname: 'Lag' } })], 0)
  expect(await counterOf('lag > 1').count(hostless)).toBeUndefined()
  expect(await counterOf('vector(1) > 0').count(GROUP)).toBeUndefined()
  expect(asked).toEqual([])
})
