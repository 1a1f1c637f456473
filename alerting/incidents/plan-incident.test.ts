import { expect, test } from 'vitest'
import { alertOn, alertsOn, flushOf, known, MINUTE_MS, NOBODY, POLICY, resolved, sent } from '../testing/incidents.js'
import type { IncidentPlan, KnownIncident } from './incident.js'
import { planIncident } from './plan-incident.js'
import type { FlushFacts, IncidentPolicy } from './policy.js'

const [WEB1, WEB2] = [alertOn('web-1'), alertOn('web-2')]

interface Step {
  alerts: Parameters<typeof flushOf>[0]
  reason?: Parameters<typeof flushOf>[2]
  facts?: FlushFacts
  policy?: IncidentPolicy
}

/** What becomes of a group that says this at that time. */
function at(minute: number, { alerts, reason, facts = NOBODY, policy = POLICY }: Step, before?: KnownIncident) {
  const nowMs = minute * MINUTE_MS
  return planIncident(before, { flush: flushOf(alerts, nowMs, reason), facts }, policy, nowMs)
}

function opened(alerts = [WEB1]): KnownIncident {
  return known(at(0, { alerts, reason: 'first' })!)
}

function over(before: KnownIncident, minute: number): KnownIncident {
  return known(at(minute, { alerts: [resolved(WEB1)], reason: 'resolved' }, before)!, before)
}

test('the first alert opens an incident and calls its channels', () => {
  const plan = at(0, { alerts: [WEB1], reason: 'first' })!
  expect(plan.incident).toMatchObject({
    status: 'firing',
    severity: 'P1',
    ruleId: 'r-1',
    title: 'api-service: error_rate > 5% on web-1 in us-east-1',
    steps: 1,
  })
  expect(sent(plan)).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
  expect(plan.timeline.map(({ kind }) => kind)).toEqual(['opened', 'told'])
  expect(plan.signal?.kind).toBe('open')
})

test('a storm of 1,000 hosts is one incident and one page for each channel', () => {
  const facts = { ...NOBODY, knownHosts: 2000 }
  const plan = at(0, { alerts: alertsOn(1000), reason: 'first', facts })!
  expect(plan.incident.title).toBe('api-service: error_rate > 5% on 1000/2000 hosts in us-east-1')
  expect(sent(plan)).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
  expect(plan.messages[0].message.incident.hosts.firing).toHaveLength(1000)
  expect(plan.messages[0].message.incident.alerts).toHaveLength(100)
})

test('hosts that come and go are counted without a page', () => {
  const before = opened()
  const plan = at(1, { alerts: [resolved(WEB1), WEB2, alertOn('web-3')] }, before)!
  expect(plan.incident.title).toBe('api-service: error_rate > 5% on 2 hosts in us-east-1')
  expect(plan.incident.changes).toEqual(['hosts: 1 became 2 (2 more, 1 resolved)'])
  expect(sent(plan)).toEqual(['update pagerduty:all', 'update slack:#alerts'])
  expect(plan.withdraw).toEqual(['update'])
  expect(plan.alerts.map(({ fingerprint }) => fingerprint)).toEqual(['web-1', 'web-2', 'web-3'])
})

test('an alert that the group has no more fires no more', () => {
  const plan = at(1, { alerts: [WEB2] }, opened([WEB1, WEB2]))!
  expect(plan.alerts).toEqual([{ ...WEB1, status: 'resolved', endsMs: MINUTE_MS }])
})

test('a flush that is known already changes nothing, nor does an older one', () => {
  const plan = at(1, { alerts: [WEB1, WEB2] }, opened())!
  expect(at(1, { alerts: [WEB1, WEB2] }, known(plan))).toBeUndefined()
  expect(at(0, { alerts: [WEB1], reason: 'first' }, known(plan))).toBeUndefined()
})

test('the same first flush makes the same incident, whoever takes it', () => {
  expect(at(0, { alerts: [WEB1] })!.incident.incidentId).toBe(at(0, { alerts: [WEB1] })!.incident.incidentId)
  expect(at(1, { alerts: [WEB1] })!.incident.incidentId).not.toBe(at(0, { alerts: [WEB1] })!.incident.incidentId)
})

test('it is not sent again within the silence window, and once after it', () => {
  const before = opened()
  expect(at(14, { alerts: [WEB1], reason: 'repeat' }, before)).toBeUndefined()
  const again = at(15, { alerts: [WEB1], reason: 'repeat' }, before)!
  expect(sent(again)).toEqual(['remind pagerduty:all', 'remind slack:#alerts'])
  expect(at(16, { alerts: [WEB1], reason: 'repeat' }, known(again, before))).toBeUndefined()
})

test.each([
  ['acknowledged', { status: 'acknowledged' as const, acknowledgedBy: 'ada', acknowledgedMs: 1 }],
  ['snoozed', { snoozedUntilMs: 60 * MINUTE_MS }],
])('one that is %s is not sent again', (_, parts) => {
  const before = opened()
  const held = { ...before, incident: { ...before.incident, ...parts } }
  expect(at(20, { alerts: [WEB1], reason: 'repeat' }, held)).toBeUndefined()
})

test('one that grows worse calls again, by the channels of what it has become, whoever had acknowledged', () => {
  const warning = alertOn('web-1', { labels: { ...WEB1.labels, severity: 'warning' } })
  const before = opened([warning])
  expect(before.incident).toMatchObject({ severity: 'P3', channels: ['email:team'] })
  const incident = { ...before.incident, status: 'acknowledged' as const, acknowledgedBy: 'ada' }
  const plan = at(1, { alerts: [warning, WEB2] }, { ...before, incident })!
  expect(plan.incident).toMatchObject({ severity: 'P1', status: 'firing', episode: 2, steps: 1 })
  expect(plan.incident.acknowledgedBy).toBeUndefined()
  expect(sent(plan)).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
  expect(plan.messages[0].message.key).toMatch(/:trigger:2\.0:/)
  const less = at(2, { alerts: [warning, resolved(WEB2)] }, known(plan, before))!
  expect(less.incident.severity).toBe('P1')
})

test('that it is resolved is told once it has held for the damping time', () => {
  const plan = at(10, { alerts: [resolved(WEB1)], reason: 'resolved' }, opened())!
  expect(plan.incident).toMatchObject({ status: 'resolved', resolvedMs: 10 * MINUTE_MS })
  expect(plan.messages.map(({ dueMs, message }) => [message.action, dueMs / MINUTE_MS])).toEqual([
    ['resolve', 12],
    ['resolve', 12],
  ])
})

test('one that flaps is reopened: nobody is called, and who was not told that it was over is told nothing', () => {
  const before = over(opened(), 10)
  const plan = at(11, { alerts: [alertOn('web-1', { startsMs: 11 * MINUTE_MS })] }, before)!
  expect(plan.incident).toMatchObject({
    incidentId: before.incident.incidentId,
    status: 'firing',
    episode: 2,
    steps: 1,
  })
  expect(plan.incident.resolvedMs).toBeUndefined()
  expect(plan.withdraw).toContain('resolve')
  expect(sent(plan)).toEqual([])
  expect(plan.signal?.kind).toBe('reopen')
})

test('who was told that it was over is told that it is not', () => {
  const before = { ...over(opened(), 10), resolveWaits: false }
  const plan = at(14, { alerts: [alertOn('web-1', { startsMs: 14 * MINUTE_MS })] }, before)!
  expect(sent(plan)).toEqual(['update pagerduty:all', 'update slack:#alerts'])
})

test('one that fires long after it was over is a new incident', () => {
  const before = over(opened(), 10)
  const plan = at(26, { alerts: [WEB1], reason: 'first' }, before)!
  expect(plan.incident.incidentId).not.toBe(before.incident.incidentId)
  expect(sent(plan)).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
})

test('one that was resolved by hand stays so while nothing else fires', () => {
  const before = opened()
  const incident = { ...before.incident, status: 'resolved' as const, resolvedMs: MINUTE_MS, resolvedBy: 'ada' }
  const byHand = { ...before, incident }
  expect(at(2, { alerts: [WEB1], reason: 'repeat' }, byHand)).toBeUndefined()
  expect(at(2, { alerts: [WEB1, WEB2] }, byHand)!.incident.status).toBe('firing')
})

test('a group of which nothing was known is not opened by what is over', () => {
  expect(at(0, { alerts: [resolved(WEB1)], reason: 'resolved' })).toBeUndefined()
})

test('channels are those of the rule, else of the receiver, else of the severity', () => {
  const ofReceiver = { ...POLICY, receiverChannels: () => ['slack:#team'] }
  const rule = { ruleId: 'r', query: 'q', channels: ['teams:x'] }
  const ofRule = { ...ofReceiver, ruleOf: () => rule }
  const channels = (policy: IncidentPolicy) => at(0, { alerts: [WEB1], policy })!.incident.channels
  expect(channels(ofRule)).toEqual(['teams:x'])
  expect(channels(ofReceiver)).toEqual(['slack:#team'])
  expect(channels(POLICY)).toEqual(['pagerduty:all', 'slack:#alerts'])
})

test('who is on call is called by their own channels beside the team, or named on the team’s', () => {
  const first = { ...NOBODY.first, P1: [{ name: 'ada', channels: ['sms:ada'] }] }
  expect(sent(at(0, { alerts: [WEB1], facts: { first } })!)).toEqual([
    'trigger sms:ada to ada',
    'trigger pagerduty:all',
    'trigger slack:#alerts',
  ])
  const named = { ...NOBODY.first, P1: [{ name: 'bob', channels: [] }] }
  expect(sent(at(0, { alerts: [WEB1], facts: { first: named } })!)).toEqual([
    'trigger pagerduty:all to bob',
    'trigger slack:#alerts to bob',
  ])
})

test('keys of messages do not depend on who is on call when', () => {
  const keys = (plan: IncidentPlan) => plan.messages.map(({ message }) => message.key)
  const first = { ...NOBODY.first, P1: [{ name: 'bob', channels: [] }] }
  expect(keys(at(0, { alerts: [WEB1], facts: { first } })!)).toEqual(keys(at(0, { alerts: [WEB1] })!))
})

test('where no channel is configured the timeline says that nobody was told', () => {
  const info = alertOn('web-1', { labels: { ...WEB1.labels, severity: 'info' } })
  const plan = at(0, { alerts: [info] })!
  expect(plan.messages).toEqual([])
  expect(plan.timeline.at(-1)?.text).toBe('nobody: no channel is configured for it')
})

test('the value that is told is the one furthest over the threshold', () => {
  const plan = at(0, { alerts: [alertOn('a', { value: 0.06 }), alertOn('b', { value: 0.4 }), alertOn('c')] })!
  expect(plan.incident.value).toBe(0.4)
})
