import { describe, expect, test } from 'vitest'
import { readRuleFile } from './rule-file.js'
import { parseTemplate } from './template.js'

const read = (yaml: string) => readRuleFile(yaml, 'file.yaml', 45_000)
const rule = (text: string) => `groups: [{ name: g, rules: [{ ${text} }] }]`

test('groups and rules are read with their durations, labels of the group among those of the rule', () => {
  const [group] = read(`
groups:
  - name: g
    interval: 10s
    labels: { team: a, tier: 1 }
    rules:
      - { alert: A, expr: up == 0, for: 1m30s, keep_firing_for: 2m, labels: { team: b } }
`)
  expect(group).toMatchObject({ name: 'g', file: 'file.yaml', intervalMs: 10_000 })
  expect(group.rules[0]).toMatchObject({ alert: 'A', text: 'up == 0', forMs: 90_000, keepFiringMs: 120_000 })
  expect(group.rules[0].labels.map(({ name, text }) => [name, text])).toEqual([
    ['team', 'b'],
    ['tier', '1'],
  ])
})

test('a group that names no interval has that of the settings', () => {
  expect(read(rule('alert: A, expr: up'))[0].intervalMs).toBe(45_000)
})

test.each([
  ['groups: [', /the whole file/],
  ['rules: []', /groups/],
  [rule('alert: A, expr: "up =="'), /g: A: expr/],
  [rule('alert: A, expr: up, for: soon'), /g: A: for: "soon" is not a duration/],
  [rule('alert: A, expr: up, labels: { "a-b": x }'), /"a-b" cannot be a label/],
  [rule('alert: A, expr: up, annotations: { s: "{{ query }}" }'), /annotations\.s: "query" is not known/],
  [rule('alert: A, expr: up, annotations: { s: "{{ $value | title }}" }'), /template function "title"/],
  [rule('alert: A, expr: up, annotations: { s: "{{ $value" }'), /is not closed/],
  ['groups: [{ name: g, rules: [] }, { name: g, rules: [] }]', /two groups of this name/],
  ['groups: [{ name: g, interval: 0, rules: [] }]', /its interval is 0/],
])('%s is refused with its place', (yaml, reason) => {
  expect(() => read(yaml)).toThrow(
    expect.objectContaining({ code: 'TM_RULE_FILE', message: expect.stringMatching(reason) }),
  )
})

describe('a template', () => {
  const fill = (text: string, value: number) => parseTemplate(text)({ labels: { host: 'a' }, value })

  test.each<[string, number, string]>([
    ['{{ $labels.host }} at {{ $value }}', 1.5, 'a at 1.5'],
    ['{{ .Labels.host }}{{ .Labels.other }}!', 0, 'a!'],
    ['{{ $value | humanize }}', 1_234_567, '1.235M'],
    ['{{ humanize $value }}', 0.0012, '1.2m'],
    ['{{ $value | humanize }}', 0, '0'],
    ['{{ $value | humanizeDuration }}', 3723, '1h 2m 3s'],
    ['{{ $value | humanizeDuration }}', 12.5, '12.5s'],
    ['{{ $value | humanizeDuration }}', 0.25, '250ms'],
    ['{{ $value | humanizeDuration }}', 90_000, '1d 1h 0m 0s'],
    ['{{ $value | humanizePercentage }}', 0.0512, '5.12%'],
    ['{{ $value | humanize }}', Number.NaN, 'NaN'],
  ])('%s of %s is %s', (text, value, filled) => {
    expect(fill(text, value)).toBe(filled)
  })
})
