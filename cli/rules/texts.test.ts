import { describe, expect, test } from 'vitest'
import type { ToldRule } from '../../alerting/rule-book/desk.js'
import { readRules } from '../../alerting/rule-book/read-rules.js'
import { readRule } from '../../alerting/rule-book/rule.js'
import { appliedText } from './apply.js'
import { exportText } from './export.js'
import { rulesText } from './list.js'

const INPUTS = [
  {
    name: 'High error rate',
    when: 'api_error_rate > 5% FOR 5 minutes',
    severity: 'P1',
    notification_channels: ['slack:#a'],
  },
  {
    name: 'Both',
    when: 'error_rate > 3% AND NOT latency_p99 < 500ms PER service',
    labels: { team: 'x' },
    interval: '1m',
  },
  {
    name: 'Unit',
    metric_query: 'x',
    condition: { operator: '>', threshold: '5%', metric_unit: 'ratio' },
    enabled: false,
  },
  { name: 'Imported', when: 'up == 0 and on (job) node', annotations: { summary: '{{ $value }}' }, group: 'hosts' },
]

function told(input: object, promql = 'x > 1'): ToldRule {
  return { ...readRule(input), when: 'x > 1', promql, version: 1, created_ms: 0, updated_ms: 0 }
}

describe('what is exported', () => {
  test('applies again to the same rules', () => {
    const rules = INPUTS.map((input) => told(input))
    const again = readRules(exportText(rules, 'tidemark'), 'f').rules
    expect(again).toEqual(INPUTS.map(readRule))
  })

  test('for Prometheus is imported again as the same expressions', () => {
    const text = exportText(
      [told({ ...INPUTS[0] }, 'api_error_rate > 0.05'), told({ ...INPUTS[3] }, 'up == 0')],
      'prometheus',
    )
    expect(readRules(text, 'f').rules).toMatchObject([
      {
        name: 'High error rate',
        metric_query: 'api_error_rate > 0.05',
        severity: 'P1',
        condition: { duration: '5 minutes' },
      },
      { name: 'Imported', metric_query: 'up == 0', group: 'hosts', annotations: { summary: '{{ $value }}' } },
    ])
  })
})

test('what was applied is told with PromQL, notes and warnings', () => {
  const base = { rule_id: 'r', name: 'r', changes: [], promql: 'x > 1', notes: [], warnings: [] }
  const text = appliedText([
    { ...base, action: 'created', notes: ['5% is taken as 5'], warnings: ['no series matches x right now'] },
    { ...base, rule_id: 's', action: 'changed', changes: ['severity'] },
    { ...base, rule_id: 't', action: 'unchanged' },
  ])
  expect(text).toBe(`created    r
           x > 1
           note: 5% is taken as 5
           warning: no series matches x right now
changed    s  (severity)
           x > 1
unchanged  t
1 created, 1 changed, 1 unchanged
`)
})

test('a list tells id, severity, state, condition and channels', () => {
  expect(rulesText([told(INPUTS[0]), told(INPUTS[2])])).toBe(`id               severity  state  when   channels
high-error-rate  P1        on     x > 1  slack:#a
unit             P3        off    x > 1  -`)
})
