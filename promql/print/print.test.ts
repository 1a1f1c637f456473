import { describe, expect, test } from 'vitest'
import { parseExpr } from '../parse.js'
import { formatExpr, prettyExpr } from './format.js'
import { exprToJson } from './json.js'
import { quoteString } from './quote.js'

describe('an expression is printed as Prometheus prints it', () => {
  test.each([
    ['sum(up)by(a,"b c")', 'sum by (a, "b c") (up)'],
    ['sum by () (up)', 'sum(up)'],
    ['sum without()(up)', 'sum without () (up)'],
    ['topk(5,up)', 'topk(5, up)'],
    ['a+on()b', 'a + on () b'],
    ['a==bool ignoring(x)group_right b', 'a == bool ignoring (x) group_right () b'],
    ['a + fill_left(1) fill_right(2) b', 'a + fill_left (1) fill_right (2) b'],
    ['{__name__="up",b="2",a="1"}', '{__name__="up",a="1",b="2"}'],
    ['up{b!~"x"}[1h30m]offset 7d @ 1.5', 'up{b!~"x"}[1h30m] @ 1.500 offset 1w'],
    ['up[8d:500ms]', 'up[8d:500ms]'],
    ['rate(up[90]smoothed)', 'rate(up[1m30s] smoothed)'],
    ['up[step()+min_of(1m,5)]', 'up[step() + min_of(1m, 5)]'],
    ['up offset -(step()*2)', 'up offset -(step() * 2)'],
    ['1e-7 + 1e21', '0.0000001 + 1000000000000000000000'],
    ['-Inf', '-Inf'],
    ['90s', '1m30s'],
    [`'a"b\\n'`, '"a\\"b\\n"'],
  ])('%s', (text, printed) => {
    expect(formatExpr(parseExpr(text))).toBe(printed)
  })

  test('escapes what cannot be seen, and bytes that are no UTF-8', () => {
    expect(quoteString('ä\u200b\x01\\')).toBe('"ä\\u200b\\x01\\\\"')
    expect(formatExpr(parseExpr('"a\\xc5z\\303\\244"'))).toBe('"a\\xc5zä"')
  })
})

test('what does not fit a line of 100 bytes is split and indented', () => {
  const long = 'http_request_duration_seconds_bucket{code="200",handler="/api/v1/query",instance="localhost:9090"}'
  expect(prettyExpr(parseExpr(`histogram_quantile(0.9, sum by (le) (rate(${long}[5m]))) > 5`))).toBe(
    [
      '  histogram_quantile(',
      '    0.9,',
      '    sum by (le) (',
      '      rate(',
      `        ${long}[5m]`,
      '      )',
      '    )',
      '  )',
      '>',
      '  5',
    ].join('\n'),
  )
})

describe('an expression is told as parse_query tells it', () => {
  test('an aggregation over a range', () => {
    expect(exprToJson(parseExpr('sum by (job) (rate(up{a!="b"}[5m] @ 1.5 offset 1m))'))).toEqual({
      type: 'aggregation',
      op: 'sum',
      param: null,
      grouping: ['job'],
      without: false,
      expr: {
        type: 'call',
        func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
        args: [
          {
            type: 'matrixSelector',
            name: 'up',
            range: 300_000,
            offset: 60_000,
            timestamp: 1500,
            startOrEnd: null,
            anchored: false,
            smoothed: false,
            matchers: [
              { name: 'a', type: '!=', value: 'b' },
              { name: '__name__', type: '=', value: 'up' },
            ],
          },
        ],
      },
    })
  })

  test('operators and literals', () => {
    expect(exprToJson(parseExpr('(a) / on (x) group_left (y) -b'))).toMatchObject({
      type: 'binaryExpr',
      op: '/',
      bool: false,
      lhs: { type: 'parenExpr', expr: { type: 'vectorSelector' } },
      rhs: { type: 'unaryExpr', op: '-' },
      matching: { card: 'many-to-one', labels: ['x'], on: true, include: ['y'], fillValues: { lhs: null, rhs: null } },
    })
    expect(exprToJson(parseExpr('1e3 + 1'))).toMatchObject({
      matching: null,
      lhs: { type: 'numberLiteral', val: '1000' },
    })
  })
})
