import { expect, test } from 'vitest'
import type { KnownIncident } from '../incidents/incident.js'
import { planIncident } from '../incidents/plan-incident.js'
import { alertOn, ESCALATION, flushOf, known, MINUTE_MS, NOBODY, POLICY, sent } from '../testing/incidents.js'
import { nextStep } from './next-step.js'
import { planStep } from './plan-step.js'
import type { EscalationPolicy } from './policy.js'

const OPENED = known(planIncident(undefined, { flush: flushOf([alertOn('web-1')], 0), facts: NOBODY }, POLICY, 0)!)

/** The steps that come when nobody does anything: minute and who is called. */
function course(policy: EscalationPolicy, count: number, parts: Partial<KnownIncident['incident']> = {}) {
  const steps: [number, string][] = []
  let incident = { ...OPENED.incident, ...parts }
  while (steps.length < count) {
    const next = nextStep(incident, policy)
    if (next.kind === 'none') return [...steps, 'and no more']
    steps.push([next.dueMs / MINUTE_MS, next.to.join()])
    incident =
      next.kind === 'call'
        ? { ...incident, steps: incident.steps + 1 }
        : { ...incident, reminders: incident.reminders + 1 }
  }
  return steps
}

test('P1: on-call is called at once, then the lead after 10 minutes, the VP after 30, and all of them again', () => {
  expect(course(ESCALATION.P1, 6, { steps: 0 })).toEqual([
    [0, 'on-call'],
    [10, 'team-lead'],
    [30, 'vp'],
    [60, 'on-call'],
    [70, 'team-lead'],
    [90, 'vp'],
  ])
})

test('a policy that does not repeat ends after its last step, and one without steps never begins', () => {
  expect(course({ ...ESCALATION.P1, repeatMs: 0 }, 6)).toEqual([[10, 'team-lead'], [30, 'vp'], 'and no more'])
  expect(course(ESCALATION.P4, 1)).toEqual(['and no more'])
})

test('who has acknowledged is reminded every so often until it is resolved', () => {
  const acknowledged = { status: 'acknowledged', acknowledgedMs: 5 * MINUTE_MS, acknowledgedBy: 'ada' } as const
  expect(course(ESCALATION.P1, 2, acknowledged)).toEqual([
    [245, 'ada'],
    [485, 'ada'],
  ])
  expect(course(ESCALATION.P2, 1, acknowledged)).toEqual(['and no more'])
  expect(course(ESCALATION.P1, 1, { status: 'resolved' })).toEqual(['and no more'])
})

function take(before: KnownIncident, minute: number, recipients: { name: string; channels: string[] }[] = []) {
  const wanted = nextStep(before.incident, ESCALATION.P1)
  if (wanted.kind === 'none') throw new Error('there is no step')
  return planStep(before, { wanted, recipients }, ESCALATION.P1, POLICY.links, minute * MINUTE_MS)
}

test('a step calls who it names, by the team’s channels if they have none of their own', () => {
  expect(sent(take(OPENED, 10, [{ name: 'lea', channels: ['sms:lea'] }])!)).toEqual(['trigger sms:lea to lea'])
  expect(sent(take(OPENED, 10, [{ name: 'team-lead', channels: [] }])!)).toEqual([
    'trigger pagerduty:all to team-lead',
    'trigger slack:#alerts to team-lead',
  ])
})

test('a step that was taken, or is not due, or is not wanted any more comes to nothing', () => {
  const wanted = { kind: 'call', episode: 1, step: 1, to: ['team-lead'], dueMs: 10 * MINUTE_MS } as const
  const plan = (before: KnownIncident, minute: number) =>
    planStep(before, { wanted, recipients: [] }, ESCALATION.P1, POLICY.links, minute * MINUTE_MS)
  expect(plan(OPENED, 9)).toBeUndefined()
  const taken = plan(OPENED, 10)!
  expect(plan(known(taken, OPENED), 10)).toBeUndefined()
  const acknowledged = { ...OPENED, incident: { ...OPENED.incident, status: 'acknowledged' as const } }
  expect(plan(acknowledged, 10)).toBeUndefined()
})

test('every step of every episode has messages with keys of their own', () => {
  const first = take(OPENED, 10)!
  const second = take(known(first, OPENED), 30)!
  const keys = [first, second].flatMap(({ messages }) => messages.map(({ message }) => message.key))
  expect(new Set(keys).size).toBe(4)
})
