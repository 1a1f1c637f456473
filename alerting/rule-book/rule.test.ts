import { describe, expect, test } from 'vitest'
import { asGroup } from './as-group.js'
import { planApply } from './plan-apply.js'
import { readRules } from './read-rules.js'
import { type Rule, readRule } from './rule.js'

const JSON_FORM = {
  name: 'High error rate',
  metric_query: 'api_error_rate',
  condition: { operator: '>', threshold: 5, duration: '5m' },
  severity: 'P1',
  notification_channels: ['pagerduty:team-a', 'slack:#alerts'],
}

describe('a rule', () => {
  test('reads the same from a sentence and from metric_query and condition', () => {
    const { metric_query: _, condition: __, ...rest } = JSON_FORM
    expect(readRule({ ...rest, when: 'api_error_rate > 5 FOR 5m' })).toEqual(readRule(JSON_FORM))
  })

  test('has an id of its name, so that the same file means the same rule', () => {
    expect(readRule(JSON_FORM).rule_id).toBe('high-error-rate')
    expect(readRule({ ...JSON_FORM, name: 'KubePodCrash (über)' }).rule_id).toBe('kube-pod-crash-u-ber')
    expect(readRule({ ...JSON_FORM, rule_id: 'r-1' }).rule_id).toBe('r-1')
  })

  test('of composite conditions is told as a sentence', () => {
    const part = (query: string, threshold: string) => ({ metric_query: query, operator: '>', threshold })
    const condition = {
      operator: 'AND',
      conditions: [part('error_rate', '3%'), part('latency_p99', '500ms')],
      duration: '1m',
    }
    expect(readRule({ name: 'r', condition })).toMatchObject({
      metric_query: 'error_rate > 3% AND latency_p99 > 500ms',
      condition,
    })
  })

  test.each([
    [{}, 'the rule (without a name) cannot be used: name'],
    [{ name: 'r' }, 'condition: it has none'],
    [{ name: 'r', condition: { operator: '>', threshold: 1 } }, 'metric_query: it is missing'],
    [{ name: 'r', metric_query: 'x', condition: { operator: '~' } }, 'condition.operator: "~" is no operator'],
    [{ name: 'r', metric_query: 'x', condition: { operator: '>' } }, 'condition.threshold'],
    [
      { name: 'r', condition: { operator: 'AND', conditions: [{ operator: '>', threshold: 1 }] } },
      'condition.conditions.0.metric_query',
    ],
    [{ ...JSON_FORM, when: 'x > 1' }, 'the condition stands there twice'],
    [{ ...JSON_FORM, severity: 'P5' }, 'severity'],
    [{ ...JSON_FORM, notification_channels: ['team'] }, 'notification_channels.0'],
    [{ ...JSON_FORM, interval: 'often' }, '"often" is no span of time'],
    [{ name: 'r', when: 'x > 1 FOR ages' }, 'is no span of time'],
  ])('%j is refused with where and why', (input, message) => {
    expect(() => readRule(input)).toThrow(message)
  })
})

describe('applying', () => {
  const rule = readRule(JSON_FORM)
  const stored = (...rules: Rule[]) => new Map(rules.map((one) => [one.rule_id, one]))

  test('says what is created, changed and unchanged', () => {
    const changed = readRule({ ...JSON_FORM, severity: 'P2', labels: { team: 'a' } })
    const other = readRule({ name: 'other', when: 'x > 1' })
    expect(planApply([rule], stored()).map(({ action }) => action)).toEqual(['created'])
    expect(planApply([rule, other], stored(rule, other)).map(({ action }) => action)).toEqual([
      'unchanged',
      'unchanged',
    ])
    expect(planApply([changed], stored(rule))).toMatchObject([{ action: 'changed', changes: ['severity', 'labels'] }])
  })

  test('two rules of one id is refused', () => {
    expect(() => planApply([rule, rule], stored())).toThrow('there are two rules with the id high-error-rate')
  })
})

describe('a file', () => {
  test.each([
    ['one rule', 'name: r\nwhen: x > 1'],
    ['a list', '- name: r\n  when: x > 1'],
    ['rules', 'rules:\n  - name: r\n    when: x > 1'],
    ['JSON', '{"rules": [{"name": "r", "when": "x > 1"}]}'],
  ])('may hold %s', (_, text) => {
    expect(readRules(text, 'f').rules).toMatchObject([{ name: 'r', metric_query: 'x' }])
  })

  test('of Prometheus is read as it is', () => {
    const { rules, leftOut } = readRules(
      `
groups:
  - name: hosts
    interval: 1m
    labels: { team: infra }
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: HostDown
        expr: up == 0
        for: 5m
        keep_firing_for: 10m
        labels: { severity: critical }
        annotations: { summary: '{{ $labels.instance }} is down' }
      - alert: HostDown
        expr: up < 0.5
        labels: { severity: warning }
`,
      'hosts.yaml',
    )
    expect(rules).toMatchObject([
      {
        rule_id: 'host-down',
        name: 'HostDown',
        metric_query: 'up == 0',
        condition: { operator: 'promql', duration: '5m', keep_firing_for: '10m' },
        severity: 'P1',
        labels: { team: 'infra', severity: 'critical' },
        annotations: { summary: '{{ $labels.instance }} is down' },
        interval: '1m',
        group: 'hosts',
      },
      { rule_id: 'host-down-2', severity: 'P3' },
    ])
    expect(leftOut).toEqual([expect.stringContaining('job:up:sum records a series')])
  })
})

test('a rule is judged as a group of its own, with severity, channels and id on its alerts', () => {
  const group = asGroup(readRule(JSON_FORM), undefined, 30_000)
  expect(group).toMatchObject({ name: 'high-error-rate', file: 'alert_rules', intervalMs: 30_000 })
  const [rule] = group.rules
  expect(rule).toMatchObject({
    alert: 'High error rate',
    text: 'api_error_rate > 5',
    forMs: 300_000,
    origin: { ruleId: 'high-error-rate', severity: 'P1', channels: ['pagerduty:team-a', 'slack:#alerts'] },
  })
  expect(rule.labels.map(({ name, text }) => [name, text])).toEqual([['severity', 'P1']])
})
