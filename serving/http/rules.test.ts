import { expect, test } from 'vitest'
import type { RuleGroupStatus, RuleStatus } from '../../schemas/ports/rules.js'
import { server, T0 } from '../testing/server.js'

const alert = {
  fingerprint: 'f',
  labels: { alertname: 'Hot', host: 'a' },
  annotations: { summary: 'a is hot' },
  state: 'firing',
  value: 95,
  activeMs: T0,
  firedMs: T0 + 60_000,
  seenMs: T0 + 120_000,
} as const

const HOT: RuleStatus = {
  alert: 'Hot',
  query: 'temperature > 90',
  forMs: 60_000,
  keepFiringMs: 0,
  labels: { severity: 'page' },
  annotations: { summary: '{{ $labels.host }} is hot' },
  health: 'ok',
  judgedMs: T0 + 120_000,
  tookMs: 5,
  alerts: [alert],
}
const COLD: RuleStatus = { ...HOT, alert: 'Cold', query: 'temperature < 0', alerts: [], health: 'err', lastError: 'no' }
const GROUP: RuleGroupStatus = { name: 'hosts', file: 'hosts.yaml', intervalMs: 30_000, rules: [HOT, COLD] }

interface ShownGroup {
  name: string
  rules: { name: string }[]
}

const shown = (groups: ShownGroup[]) =>
  groups.flatMap(({ name, rules }) => rules.map((rule) => `${name}: ${rule.name}`))

async function withRules() {
  const { get, ruleGroups } = await server()
  ruleGroups.push(GROUP, { ...GROUP, name: 'others', rules: [COLD] })
  return get
}

test('rules are shown as Prometheus shows them', async () => {
  const get = await withRules()
  const { data } = (await get('/api/v1/rules')).body
  expect(data.groups[0]).toEqual({
    name: 'hosts',
    file: 'hosts.yaml',
    interval: 30,
    limit: 0,
    evaluationTime: 0.01,
    lastEvaluation: '2026-03-01T00:02:00.000Z',
    rules: [
      {
        state: 'firing',
        name: 'Hot',
        query: 'temperature > 90',
        duration: 60,
        keepFiringFor: 0,
        labels: { severity: 'page' },
        annotations: { summary: '{{ $labels.host }} is hot' },
        alerts: [
          {
            labels: { alertname: 'Hot', host: 'a' },
            annotations: { summary: 'a is hot' },
            state: 'firing',
            activeAt: '2026-03-01T00:00:00.000Z',
            value: '9.5e+01',
          },
        ],
        health: 'ok',
        evaluationTime: 0.005,
        lastEvaluation: '2026-03-01T00:02:00.000Z',
        type: 'alerting',
      },
      expect.objectContaining({ state: 'inactive', health: 'err', lastError: 'no', alerts: [] }),
    ],
  })
})

test.each([
  ['type=record', []],
  ['rule_name[]=Cold', ['hosts: Cold', 'others: Cold']],
  ['rule_group[]=hosts&rule_name[]=Hot&rule_name[]=Cold', ['hosts: Hot', 'hosts: Cold']],
  ['file[]=other.yaml', []],
])('rules are chosen by %s', async (parameters, expected) => {
  const get = await withRules()
  const { groups } = (await get(`/api/v1/rules?${parameters}`)).body.data
  expect(shown(groups)).toEqual(expected)
})

test('alerts may be left out of the rules, and are shown by themselves', async () => {
  const get = await withRules()
  const { groups } = (await get('/api/v1/rules?exclude_alerts=true')).body.data
  expect(groups[0].rules[0]).not.toHaveProperty('alerts')
  expect((await get('/api/v1/alerts')).body.data.alerts).toMatchObject([{ state: 'firing', value: '9.5e+01' }])
})
