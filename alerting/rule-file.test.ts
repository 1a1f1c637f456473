import { expect, test } from 'vitest'
import { checkRuleFile, isRecording, readRuleFile } from './rule-file.js'

const read = (yaml: string) => readRuleFile(yaml, 'file.yaml', 45_000)
const rule = (text: string) => `groups: [{ name: g, rules: [{ ${text} }] }]`

test('groups and rules are read with their durations, labels of the group among those of the rule', () => {
  const [group] = read(`
groups:
  - name: g
    interval: 10s
    query_offset: 1m
    limit: 100
    labels: { team: a, tier: 1 }
    rules:
      - { alert: A, expr: up == 0, for: 1m30s, keep_firing_for: 2m, labels: { team: b } }
      - { record: 'job:up:sum', expr: sum by(job) (up), labels: { cluster: '' } }
`)
  expect(group).toMatchObject({ name: 'g', file: 'file.yaml', intervalMs: 10_000, queryOffsetMs: 60_000, limit: 100 })
  const [alert, recording] = group.rules
  if (isRecording(alert) || !isRecording(recording)) throw new Error('an alert and a recording rule were expected')
  expect(alert).toMatchObject({ alert: 'A', text: 'up == 0', forMs: 90_000, keepFiringMs: 120_000 })
  expect(alert.labels.map(({ name, text }) => [name, text])).toEqual([
    ['team', 'b'],
    ['tier', '1'],
  ])
  expect(recording).toMatchObject({ record: 'job:up:sum', text: 'sum by(job) (up)' })
  expect(recording.labels).toEqual([
    { name: 'team', text: 'a' },
    { name: 'tier', text: '1' },
    { name: 'cluster', text: '' },
  ])
})

test('a group that names no interval has that of the settings', () => {
  expect(read(rule('alert: A, expr: up'))[0].intervalMs).toBe(45_000)
})

test('fields that are there without a value are as good as left out, and an empty file has no groups', () => {
  const [group] = read(
    'groups:\n  - name: g\n    interval:\n    labels:\n    rules:\n      - alert: A\n        expr: 1\n        labels:\n',
  )
  expect(group.rules).toMatchObject([{ alert: 'A', text: '1', labels: [] }])
  expect(read('')).toEqual([])
  expect(read('groups:')).toEqual([])
})

test('parts of a file that are said once and used again are read where they are used', () => {
  const [group] = read(`
groups:
  - name: g
    rules:
      - { alert: A, expr: up, labels: &team { team: a } }
      - { alert: B, expr: up, labels: { <<: *team, tier: b } }
`)
  expect(group.rules.map(({ labels }) => labels.map(({ name }) => name))).toEqual([['team'], ['team', 'tier']])
})

test.each([
  ['groups: [', /line 1/],
  ['rules: []', /there is no field "rules" here/],
  ['groups: [{ name: g, owner: x, rules: [] }]', /groups\.0\.owner: there is no field "owner" here/],
  ['groups: [{ name: g, rules: [] }, { name: g, rules: [] }]', /two groups of this name/],
  ['groups: [{ rules: [] }]', /it has no name/],
  ['groups: [{ name: g, limit: few, rules: [] }]', /its limit is "few"/],
  [rule('alert: A, expr: "up =="'), /line 1, group "g", rule 1, "A": expr: /],
  [rule('record: a, expr: "up[5m]"'), /rule 1, "a": expr: it gives a matrix/],
  [rule('alert: A, record: b, expr: up'), /both "record" and "alert"/],
  [rule('expr: up'), /neither "record" nor "alert"/],
  [rule('alert: A'), /rule 1, "A": it has no "expr"/],
  [rule('alert: A, expr: up, for: soon'), /rule 1, "A": for: "soon" is not a duration/],
  [rule('record: "a{b=c}", expr: up'), /cannot be the name of a metric/],
  [rule('record: a, expr: up, for: 5m'), /a recording rule has no "for"/],
  [rule('record: a, expr: up, annotations: { s: x }'), /a recording rule has no "annotations"/],
  [rule('alert: A, expr: up, labels: { __name__: x }'), /"__name__" cannot be a label/],
  [
    rule('alert: A, expr: up, annotations: { s: "{{ $label.x }}" }'),
    /annotation "s": the variable "\$label" is not known/,
  ],
  [rule('alert: A, expr: up, labels: { s: "{{ $value | upper }}" }'), /label "s": the function "upper" is not known/],
  [rule('alert: A, expr: up, annotations: { s: "{{ $value" }'), /is not closed/],
])('%s is refused with its place', (yaml, reason) => {
  expect(() => read(yaml)).toThrow(
    expect.objectContaining({ code: 'TM_RULE_FILE', message: expect.stringMatching(reason) }),
  )
})

test('everything that is wrong with a file can be told at once, with the lines', () => {
  const { faults } = checkRuleFile('groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up(\n  - alert: B\n', 'f', 1)
  expect(faults.map(({ message }) => /line \d+/.exec(message)?.[0])).toEqual(['line 5', 'line 6'])
})
