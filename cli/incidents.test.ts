import { expect, test } from 'vitest'
import type { IncidentDetail, IncidentSummary } from '../schemas/ports/incidents.js'
import { incidentText, listText } from './incidents.js'

const SUMMARY: IncidentSummary = {
  incidentId: '3xk9w0c2mq7t',
  ruleId: 'r',
  rule: 'ErrorRate',
  title: 'api: error_rate > 5% on 2/9 hosts in eu',
  status: 'acknowledged',
  severity: 'P1',
  groupLabels: {},
  hosts: { firing: ['web-1', 'web-2'], known: 9 },
  startedMs: Date.parse('2026-03-01T12:00:00Z'),
  acknowledgedMs: Date.parse('2026-03-01T12:03:00Z'),
  acknowledgedBy: 'ada',
}

test('a list has a line for each incident, and says where it goes on', () => {
  expect(listText({ incidents: [SUMMARY], next: '17~x' })).toBe(
    `id            severity  since                 state                title
3xk9w0c2mq7t  P1        2026-03-01 12:00:00Z  acknowledged by ada  api: error_rate > 5% on 2/9 hosts in eu
there are more: --after 17~x`,
  )
  expect(listText({ incidents: [] })).toBe('no incidents')
})

test('an incident is shown with what is known of it and its timeline, and nothing of it reaches the terminal', () => {
  const detail: IncidentDetail = {
    ...SUMMARY,
    query: 'error_rate > 0.05',
    value: 0.07,
    annotations: { summary: 'errors\u001b[2J' },
    channels: ['slack:#alerts'],
    alerts: [],
    timeline: [
      { atMs: SUMMARY.startedMs, kind: 'opened', text: SUMMARY.title },
      { atMs: Date.parse('2026-03-01T12:03:00Z'), kind: 'acknowledged', by: 'ada', text: '' },
    ],
  }
  expect(incidentText(detail)).toBe(`api: error_rate > 5% on 2/9 hosts in eu

incident  3xk9w0c2mq7t  P1
state     acknowledged by ada
since     2026-03-01 12:00:00Z
query     error_rate > 0.05
value     0.07
hosts     web-1, web-2
channels  slack:#alerts
summary   errors\ufffd[2J

time                  who  what
2026-03-01 12:00:00Z       opened        api: error_rate > 5% on 2/9 hosts in eu
2026-03-01 12:03:00Z  ada  acknowledged`)
})
