import { describe, expect, test } from 'vitest'
import { parseExpr } from '../../promql/parse.js'
import { metricHash } from '../../schemas/series/metric-hash.js'
import { metricsRead } from './metrics-read.js'

const read = (query: string) => metricsRead(parseExpr(query, 100))
const of = (...names: string[]) => new Set(names.map(metricHash))

describe('an expression reads', () => {
  test.each([
    ['up', of('up')],
    ['{__name__="up", job=~"a|b"}', of('up')],
    ['sum by (job) (rate(a[5m])) / on (job) (b or -c offset 1m)', of('a', 'b', 'c')],
    ['topk(scalar(k), max_over_time(a[1h:1m]))', of('k', 'a')],
    ['api_latency:p99 > 1', of('api_latency:p99', 'api_latency')],
    ['time() + 1', of()],
  ])('%s: the metrics that it names', (query, hashes) => {
    expect(read(query)).toEqual(hashes)
  })

  test.each(['{job="a"}', '{__name__=~"a.*"}', 'a + {__name__!="b", job="c"}', 'info(a)'])('%s: any', (query) => {
    expect(read(query)).toBeUndefined()
  })
})
