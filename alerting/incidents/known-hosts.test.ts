import { expect, test } from 'vitest'
import { parseExpr } from '../../promql/parse.js'
import { alertOn, flushOf, POLICY } from '../testing/incidents.js'
import { hostsQuery } from './known-hosts.js'

const GROUP = flushOf([alertOn('web-1')], 0)

test.each([
  ['error_rate > 0.05', 'count(count by (host) (error_rate{region="us-east-1",service="api-service"}))'],
  [
    'sum by (host) (rate(errors{code=~"5..",service!="x"}[5m] offset 1m)) / 2 > 1',
    'count(count by (host) (errors{code=~"5..",region="us-east-1",service="api-service"}))',
  ],
])('hosts of %s are counted by %s', (expr, query) => {
  const counted = hostsQuery(parseExpr(expr), GROUP, POLICY)!
  // The order of matchers does not matter.
  expect(sorted(counted)).toBe(sorted(query))
  expect(() => parseExpr(counted)).not.toThrow()
})

function sorted(query: string): string {
  return query.replace(/\{(.*)\}/, (_, matchers: string) => `{${matchers.split(',').sort().join()}}`)
}

test('where no alert names a host, or the rule no series, nothing is counted', () => {
  const hostless = flushOf([alertOn('x', { labels: { alertname: 'Lag' } })], 0)
  expect(hostsQuery(parseExpr('lag > 1'), hostless, POLICY)).toBeUndefined()
  expect(hostsQuery(parseExpr('vector(1) > 0'), GROUP, POLICY)).toBeUndefined()
})
