import { expect, test } from 'vitest'
import type { IncidentDetail } from '../../../schemas/ports/incidents.js'
import type { Fate, Wanted } from './operator.js'
import type { Receipt } from './receiver.js'
import { findingsOf } from './verify.js'

/** `phone trigger ada`: a message of the one incident; again with the same words: the same message. */
function receipts(...said: string[]): Receipt[] {
  return said.map((text, i) => {
    const [channel, action, recipient] = text.split(' ')
    const key = `${channel} ${action} ${recipient}`
    return { key, channel, action, recipient, incidentId: 'i', service: 's', atMs: i, isAnswered: true }
  })
}

function wanted(fate: Fate): Wanted {
  return { service: 's', severity: 'P1', fate, hosts: ['a'], isDone: true }
}

function incident(status: IncidentDetail['status'], ...kinds: string[]): IncidentDetail {
  const closed = { firing: {}, acknowledged: { acknowledgedMs: 4 }, resolved: { resolvedMs: 4 } }[status]
  const fixed = { incidentId: 'i', ruleId: 'r', rule: 'r', title: 't', severity: 'P1', annotations: {} } as const
  const lists = { groupLabels: { service: 's' }, hosts: { firing: ['a'] }, channels: [], alerts: [] }
  const timeline = kinds.map((kind, atMs) => ({ kind, atMs, text: '' }))
  return { ...fixed, ...lists, ...closed, status, startedMs: 0, timeline }
}

const OPENED = ['team trigger', 'phone trigger ada']
const ALL_STEPS = ['opened', 'told', 'escalated', 'escalated']
const ACKNOWLEDGED = ['team acknowledge', 'phone acknowledge']

const ignored = (...said: string[]) =>
  findingsOf([wanted('ignored')], [incident('firing', ...ALL_STEPS)], receipts(...said))
const kinds = ({ faults }: ReturnType<typeof findingsOf>) => faults.map(({ kind }) => kind)

test('an incident that nobody took care of has called everybody, in order', () => {
  const found = ignored(...OPENED, 'phone trigger lea', 'phone trigger vic')
  expect(found).toMatchObject({ faults: [], messages: 4, steps: 3, againAnswered: 0, againUnanswered: 0 })
})

test('what is missing, out of order or told twice under two keys is found', () => {
  expect(kinds(ignored(...OPENED, 'phone trigger vic'))).toEqual(['steps lost or skipped'])
  expect(kinds(ignored(...OPENED, 'phone trigger vic', 'phone trigger lea'))).toEqual(['steps out of order'])
  expect(kinds(ignored('team trigger', 'phone trigger lea', 'phone trigger vic'))).toEqual([
    'incidents without first notification',
    'steps lost or skipped',
  ])
  const steps = receipts(...OPENED, 'phone trigger lea', 'phone trigger vic')
  const twice = findingsOf(
    [wanted('ignored')],
    [incident('firing', ...ALL_STEPS)],
    [...steps, { ...steps[2], key: 'another' }],
  )
  expect(kinds(twice)).toContain('messages with two keys')
})

test('an incident that is not there, or is there twice, is found', () => {
  const opened = 'incidents not opened, or opened twice'
  expect(kinds(findingsOf([wanted('ignored')], [], []))).toEqual([opened])
  const one = incident('firing', ...ALL_STEPS)
  const said = receipts(...OPENED, 'phone trigger lea', 'phone trigger vic')
  expect(kinds(findingsOf([wanted('ignored')], [one, { ...one, incidentId: 'j' }], said))).toContain(opened)
})

test('a call that was under way when somebody acknowledged may come, a step after that may not', () => {
  const timeline = ['opened', 'told', 'escalated', 'acknowledged']
  const said = [...OPENED, 'team acknowledge', 'late', 'late', 'phone trigger lea', 'phone acknowledge']
  const judged = (course: string[], ...messages: string[]) =>
    findingsOf([wanted('acknowledged')], [incident('acknowledged', ...course)], receipts(...messages))
  expect(judged(timeline, ...said)).toMatchObject({ faults: [], underWay: 1, steps: 2 })
  const late = 'steps after somebody acknowledged or resolved'
  expect(kinds(judged([...timeline, 'escalated'], ...said, 'phone trigger vic'))).toContain(late)
  expect(kinds(judged(['opened', 'told', 'acknowledged'], ...said))).toContain(late)
  expect(kinds(judged(timeline, ...OPENED, ...ACKNOWLEDGED, 'phone trigger lea'))).toEqual(['closing messages lost'])
  expect(kinds(judged(['opened', 'told', 'acknowledged'], ...OPENED))).toEqual([
    'closing messages lost',
    'closing messages lost',
  ])
})

test('messages that came again are counted by whether the sender knew that they had come', () => {
  const said = receipts(...OPENED, 'phone trigger lea', 'phone trigger lea', 'phone trigger vic', 'phone trigger vic')
  said[2].isAnswered = false
  const found = findingsOf([wanted('ignored')], [incident('firing', ...ALL_STEPS)], said)
  expect(found).toMatchObject({ faults: [], messages: 4, againUnanswered: 1, againAnswered: 1 })
})

test('an incident that is not as it was left is found', () => {
  const said = receipts(...OPENED, 'phone trigger lea', 'phone trigger vic')
  const found = findingsOf([wanted('grows')], [incident('acknowledged', ...ALL_STEPS)], said)
  expect(kinds(found)).toEqual(['incidents not as people left them'])
})
