import { describe, expect, test } from 'vitest'
import { readRuleFile } from '../rule-file.js'
import { runTest } from './run-test.js'
import { readTestFile } from './test-file.js'

/** What fails of the tests of a file, with these rules. */
async function failures(rules: string, file: string): Promise<string[]> {
  const read = readTestFile(file)
  const groups = rules === '' ? [] : readRuleFile(`groups:\n${rules}`, 'rules.yml', read.evaluationIntervalMs)
  const found: string[] = []
  for (const one of read.tests) found.push(...(await runTest(one, groups, read)))
  return found
}

const SERIES = `
tests:
  - interval: 1m
    input_series:
      - { series: 'errors{job="a"}', values: '0x2 5x3 0 stale' }
      - { series: 'latency', values: '{{schema:0 count:2 sum:3 buckets:[2]}}+{{count:1 sum:1 buckets:[1]}}x5' }
`
const ALERT = `
- name: g
  rules:
    - alert: Errors
      expr: errors > 0
      for: 1m
      keep_firing_for: 1m
      labels: { severity: 'p{{ $value }}', site: '{{ $externalLabels.site }}' }
      annotations: { summary: '{{ $labels.__name__ }} of {{ $labels.job }} is {{ $value }} of {{ with query "sum(errors)" }}{{ . | first | value }}{{ end }}' }
`
const fires = (at: string, expected = '') => `
      - { eval_time: ${at}, alertname: Errors, exp_alerts: [${expected}] }`
const FIRING = `{ exp_labels: { job: a, severity: p5, site: eqiad }, exp_annotations: { summary: 'errors of a is 5 of 5' } }`

describe('alerts', () => {
  test('are compared at each time with those that fire then: labels and annotations filled in', async () => {
    const tests = `${SERIES}
    external_labels: { site: eqiad }
    alert_rule_test:${fires('3m')}${fires('4m', FIRING)}${fires('7m59s', FIRING)}${fires('8m')}`
    expect(await failures(ALERT, tests)).toEqual([])
  })

  test('that differ are told with both sides', async () => {
    const [failure] = await failures(ALERT, `${SERIES}\n    name: wrong\n    alert_rule_test:${fires('4m')}`)
    expect(failure).toContain('    name: wrong,\n    alertname: Errors, time: 4m,\n        exp:[],\n        got:[\n')
    expect(failure).toContain('Labels:{alertname="Errors", job="a", severity="p5"}')
  })

  test('are series of their own: ALERTS and ALERTS_FOR_STATE, with their state, ended when it is over', async () => {
    const expr = (expr: string, at: string, samples: string) =>
      `\n      - { expr: '${expr}', eval_time: ${at}, exp_samples: [${samples}] }`
    const tests = `${SERIES}
    promql_expr_test:${[
      expr('count by (alertstate) (ALERTS)', '3m', `{ labels: '{alertstate="pending"}', value: 1 }`),
      expr('count by (alertstate) (ALERTS)', '4m', `{ labels: '{alertstate="firing"}', value: 1 }`),
      expr('sum(ALERTS_FOR_STATE)', '5m', `{ value: 180 }`),
      expr('ALERTS', '9m', ''),
    ].join('')}`
    expect(await failures(ALERT, tests)).toEqual([])
  })
})

describe('expressions', () => {
  const checked = (expr: string, at: string, samples: string, head = '') =>
    failures(
      '',
      `${head}${SERIES}    promql_expr_test: [{ expr: '${expr}', eval_time: ${at}, exp_samples: [${samples}] }]`,
    )

  test('must give exactly the samples that stand there', async () => {
    expect(await checked('errors', '3m', `{ labels: 'errors{job="a"}', value: 5 }`)).toEqual([])
    expect(await checked('errors', '8m', '')).toEqual([])
    expect(await checked('vector(0)/0', '1m', '{ value: .nan }')).toEqual([])
    const [failure] = await checked('errors', '3m', `{ labels: 'errors{job="b"}', value: 4 }`)
    expect(failure).toBe(
      '    expr: "errors", time: 3m,\n        exp: {__name__="errors", job="b"} 4\n        got: {__name__="errors", job="a"} 5',
    )
  })

  test('may give native histograms', async () => {
    const histogram = `{ labels: latency, histogram: '{{count:4 sum:5 counter_reset_hint:not_reset buckets:[4]}}' }`
    expect(await checked('latency', '2m', histogram)).toEqual([])
  })

  test('that fail are told', async () => {
    expect((await checked('errors * on() latency *', '1m', ''))[0]).toMatch(
      /expr: "errors \* on\(\) latency \*", time: 1m, err: /,
    )
    expect((await checked('"text"', '1m', ''))[0]).toContain('rule result is not a vector or scalar')
  })

  test('count neighbours as equal only where the file says so', async () => {
    const close = `{ value: 0.30000000000000004 }`
    expect(await checked('vector(0.3)', '1m', close)).toHaveLength(1)
    expect(await checked('vector(0.3)', '1m', close, 'fuzzy_compare: true\n')).toEqual([])
    expect(await checked('vector(0.3)', '1m', '{ value: 0.3000000000000002 }', 'fuzzy_compare: true\n')).toHaveLength(1)
  })
})

describe('rules', () => {
  const RECORDING = `
- name: second
  rules: [{ record: 'c', expr: 'b + 1' }]
- name: first
  rules:
    - { record: a, expr: 'sum(errors)' }
    - { record: b, expr: 'a * 2', labels: { from: a } }
`
  const ofC = (at: string, sample: string, head = '') =>
    `${head}${SERIES}    promql_expr_test: [{ expr: 'c', eval_time: ${at}, exp_samples: [${sample}] }]`

  test('are evaluated in order, and groups in the order that the file gives', async () => {
    const order = 'group_eval_order: [first, second]\n'
    expect(await failures(RECORDING, ofC('3m', `{ labels: 'c{from="a"}', value: 11 }`, order))).toEqual([])
    expect(await failures(RECORDING, ofC('3m', `{ labels: 'c{from="a"}', value: 1 }`))).toEqual([])
  })

  test('see no sample that lies ahead', async () => {
    const ahead = `- { name: g, rules: [{ record: ahead, expr: 'errors offset -2m' }] }`
    expect(
      await failures(
        ahead,
        `${SERIES}    promql_expr_test: [{ expr: 'max_over_time(ahead[10m])', eval_time: 2m, exp_samples: [{ labels: '{job="a"}', value: 0 }] }]`,
      ),
    ).toEqual([])
  })

  test('that fail end the test and are named with file and group', async () => {
    const [failure] = await failures(
      `- { name: g, rules: [{ record: r, expr: 'errors + on() (errors or vector(1))' }] }`,
      `${SERIES}    alert_rule_test: [{ eval_time: 9m, alertname: A }]`,
    )
    expect(failure).toMatch(/^ {4}file: rules\.yml, group: g, rule: r, time: 0s, err: /)
  })

  test('of a group with an offset ask and record that much earlier', async () => {
    const offset = `- { name: g, query_offset: 1m, rules: [{ record: r, expr: 'time()' }] }`
    const tests = `${SERIES}    promql_expr_test: [{ expr: 'timestamp(r) - r', eval_time: 3m, exp_samples: [{ value: 0 }] }]`
    expect(await failures(offset, tests)).toEqual([])
  })
})

test('a test may start at any time, and its samples and answers with it', async () => {
  const tests = `
tests:
  - start_timestamp: 2024-01-01T00:00:00Z
    input_series: [{ series: m, values: '1 2 3' }]
    promql_expr_test:
      - { expr: 'time()', eval_time: 1m, exp_samples: [{ value: 1704067260 }] }
      - { expr: 'm @ 1704067260', eval_time: 2m, exp_samples: [{ labels: m, value: 2 }] }
`
  expect(await failures('', tests)).toEqual([])
})

test('series that never end are loaded as far as the last question goes', async () => {
  const tests = `
tests:
  - input_series: [{ series: m, values: '0+1x1000000000' }]
    promql_expr_test: [{ expr: m, eval_time: 5m, exp_samples: [{ labels: m, value: 5 }] }]
`
  expect(await failures('', tests)).toEqual([])
})

test.each([
  ['tests: [{ speed: 1 }]', /line 1: tests\.0\.speed: there is no field "speed" here/],
  [
    'tests: [{ alert_rule_test: [{ eval_time: 5m }] }]',
    /test 1: .* misses required attribute alertname at eval_time 5m/,
  ],
  [
    `tests: [{ name: n, input_series: [{ series: 'up{', values: 1 }] }]`,
    /line 1: test 1 "n": the series up\{ cannot be read/,
  ],
  ['tests: [{ start_timestamp: soon }]', /"soon" is neither seconds nor a time/],
  ['group_eval_order: [a, a]', /group name repeated in evaluation order: a/],
  ['tests: [{ promql_expr_test: [{ expr: up, exp_samples: [{ value: many }] }] }]', /"many" is no number/],
])('%s is refused with its place', (text, reason) => {
  expect(() => readTestFile(text)).toThrow(reason)
})
