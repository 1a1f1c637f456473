import { expect, test } from 'vitest'
import { TidemarkError } from '../../schemas/errors.js'
import type { IncidentAction } from '../../schemas/ports/incidents.js'
import { nextStep } from '../escalation/next-step.js'
import { alertOn, ESCALATION, flushOf, known, MINUTE_MS, NOBODY, POLICY, sent } from '../testing/incidents.js'
import type { KnownIncident } from './incident.js'
import { planAction } from './plan-action.js'
import { planIncident } from './plan-incident.js'

const FIRING = known(planIncident(undefined, { flush: flushOf([alertOn('web-1')], 0), facts: NOBODY }, POLICY, 0)!)

function act(
  action: IncidentAction,
  minute: number,
  before = FIRING,
  recipients: { name: string; channels: string[] }[] = [],
) {
  const nowMs = minute * MINUTE_MS
  const signal = { id: `s-${minute}`, incidentId: before.incident.incidentId, by: 'ada', atMs: nowMs, action }
  return planAction(before, signal, { recipients, links: POLICY.links }, nowMs)
}

function after(action: IncidentAction, minute: number, before = FIRING): KnownIncident {
  return known(act(action, minute, before)!, before)
}

test('acknowledging is told by every channel that told of the incident, and ends the calls', () => {
  const plan = act({ kind: 'acknowledge' }, 3)!
  expect(plan.incident).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'ada', acknowledgedMs: 3 * MINUTE_MS })
  expect(sent(plan)).toEqual(['acknowledge pagerduty:all', 'acknowledge slack:#alerts'])
  expect(nextStep(plan.incident, ESCALATION.P1).kind).toBe('remind')
})

test('acknowledging twice changes nothing', () => {
  expect(act({ kind: 'acknowledge' }, 4, after({ kind: 'acknowledge' }, 3))).toBeUndefined()
})

test('resolving by hand is told at once', () => {
  const plan = act({ kind: 'resolve' }, 5)!
  expect(plan.incident).toMatchObject({ status: 'resolved', resolvedBy: 'ada', resolvedMs: 5 * MINUTE_MS })
  expect(plan.messages.map(({ message, dueMs }) => [message.action, dueMs])).toEqual([
    ['resolve', 5 * MINUTE_MS],
    ['resolve', 5 * MINUTE_MS],
  ])
})

test.each([
  [{ kind: 'acknowledge' }],
  [{ kind: 'reassign', to: 'bob' }],
  [{ kind: 'snooze', untilMs: 60 * MINUTE_MS }],
] as const)('once it is over it takes no %o', (action) => {
  const over = after({ kind: 'resolve' }, 5)
  expect(() => act(action, 6, over)).toThrow(TidemarkError)
  expect(act({ kind: 'resolve' }, 6, over)).toBeUndefined()
  expect(act({ kind: 'comment', text: 'it was the disk' }, 6, over)!.timeline[0].text).toBe('it was the disk')
})

test('reassigning calls the new one, who is asked to acknowledge, and escalation begins anew', () => {
  const acknowledged = after({ kind: 'acknowledge' }, 3)
  const plan = act({ kind: 'reassign', to: 'bob' }, 8, acknowledged, [{ name: 'bob', channels: ['sms:bob'] }])!
  expect(plan.incident).toMatchObject({ status: 'firing', assignee: 'bob', acknowledgedBy: undefined })
  expect(sent(plan)).toEqual(['trigger sms:bob to bob'])
  const next = nextStep(plan.incident, ESCALATION.P1)
  expect(next).toMatchObject({ kind: 'call', step: 1, to: ['team-lead'], dueMs: 18 * MINUTE_MS })
})

test('snoozing puts off what is still to come by as long', () => {
  const due = (before: KnownIncident) => {
    const next = nextStep(before.incident, ESCALATION.P1)
    return next.kind === 'none' ? undefined : next.dueMs / MINUTE_MS
  }
  const snoozed = after({ kind: 'snooze', untilMs: 65 * MINUTE_MS }, 5)
  expect([due(FIRING), due(snoozed)]).toEqual([10, 70])
  const longer = after({ kind: 'snooze', untilMs: 80 * MINUTE_MS }, 20, snoozed)
  expect(due(longer)).toBe(85)
  expect(due(after({ kind: 'snooze', untilMs: 30 * MINUTE_MS }, 20, longer))).toBe(35)
})

test('each action stands in the timeline once, under the name of who did it', () => {
  const plan = act({ kind: 'snooze', untilMs: 65 * MINUTE_MS }, 5)!
  expect(plan.timeline).toEqual([
    {
      key: `${FIRING.incident.incidentId}:snooze:s-5`,
      atMs: 5 * MINUTE_MS,
      kind: 'snoozed',
      by: 'ada',
      text: 'until 1970-01-01T01:05:00.000Z',
    },
  ])
})
