import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { SignalQueue } from '../escalation/signal-queue.js'
import { type ScratchCatalog, startIncidentCatalog } from '../testing/catalog.js'
import { alertOn, ESCALATION, flushOf, MINUTE_MS, POLICY } from '../testing/incidents.js'
import { IncidentDesk } from './incident-desk.js'
import { IncidentStore } from './incident-store.js'
import { IncidentIntake } from './intake.js'
import type { IncidentTables } from './tables.js'

let catalog: ScratchCatalog<IncidentTables>
let desk: IncidentDesk
let nowMs: number
let troubles: string[]

beforeAll(async () => {
  catalog = await startIncidentCatalog()
})
beforeEach(async () => {
  await catalog.clear()
  nowMs = 1000
  troubles = []
  let actions = 0
  desk = new IncidentDesk({ ...parts(), newId: () => `action-${++actions}` })
})
afterAll(() => catalog.stop())

function parts() {
  const store = new IncidentStore(catalog.db)
  const whoIs = async (duty: string) => (duty === 'on-call' ? [{ name: 'ada', channels: ['sms:ada'] }] : [])
  return { db: catalog.db, store, whoIs, links: POLICY.links, clock: () => nowMs }
}

/** Opens an incident of its own group at this time. */
async function open(groupKey: string, atMs: number, severity = 'P1', over: Partial<ReturnType<typeof parts>> = {}) {
  nowMs = atMs
  const intake = new IncidentIntake({
    ...parts(),
    ...over,
    policy: POLICY,
    escalation: ESCALATION,
    countHosts: async () => 100,
    onError: (thrown) => troubles.push((thrown as Error).message),
  })
  const labels = { ...alertOn('web-1').labels, severity }
  const plan = await intake.takeFlush(flushOf([alertOn('web-1', { labels })], atMs, 'first', groupKey))
  return plan!.incident.incidentId
}

test('a flush calls who is on call, beside the team, and counts the hosts that there are', async () => {
  const { title, timeline } = await desk.get(await open('a', 1000))
  expect(title).toBe('api-service: error_rate > 5% on 1/100 hosts in us-east-1')
  expect(timeline.map(({ text }) => text)).toEqual([title, 'ada by sms:ada, pagerduty:all, slack:#alerts'])
})

test('if nobody can say who is on call the team is told all the same', async () => {
  const whoIs = async () => {
    throw new Error('the schedule is away')
  }
  const { timeline } = await desk.get(await open('a', 1000, 'P1', { whoIs }))
  expect(timeline[1].text).toBe('pagerduty:all, slack:#alerts')
  expect(new Set(troubles)).toEqual(new Set(['the schedule is away']))
})

test('incidents are listed the newest first, by what is asked for, page by page', async () => {
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.unshift(await open(`g${i}`, 1000 + i, i % 2 === 0 ? 'P1' : 'P3'))
  const first = await desk.list({ limit: 2 })
  expect(first.incidents.map(({ incidentId }) => incidentId)).toEqual(ids.slice(0, 2))
  const second = await desk.list({ limit: 3, after: first.next })
  expect(second.incidents.map(({ incidentId }) => incidentId)).toEqual(ids.slice(2))
  expect(second.next).toBeUndefined()
  expect((await desk.list({ limit: 9, severity: ['P3'] })).incidents).toHaveLength(2)
  expect((await desk.list({ limit: 9, sinceMs: 1003 })).incidents).toHaveLength(2)
  expect((await desk.list({ limit: 9, ruleId: 'another' })).incidents).toEqual([])
  await desk.act(ids[0], { kind: 'resolve' }, 'ada')
  expect((await desk.list({ limit: 9, status: ['firing', 'acknowledged'] })).incidents).toHaveLength(4)
  await expect(desk.list({ limit: 9, after: 'nowhere' })).rejects.toMatchObject({ code: 'TM_QUERY_PARAMETER' })
})

test('open incidents are counted by status and severity', async () => {
  await desk.act(await open('a', 1000), { kind: 'acknowledge' }, 'ada')
  await desk.act(await open('b', 1000), { kind: 'resolve' }, 'ada')
  await open('c', 1000)
  await open('d', 1000)
  const counted = await desk.open()
  expect(counted.sort((a, b) => a.count - b.count)).toEqual([
    { status: 'acknowledged', severity: 'P1', count: 1 },
    { status: 'firing', severity: 'P1', count: 2 },
  ])
})

test('what an operator does is shown at once and waits for the workflow', async () => {
  const id = await open('a', 1000)
  nowMs = 5000
  expect(await desk.act(id, { kind: 'acknowledge' }, 'bob')).toMatchObject({
    status: 'acknowledged',
    acknowledgedBy: 'bob',
    acknowledgedMs: 5000,
  })
  const waiting = await new SignalQueue(catalog.db).waiting(10)
  expect(waiting.map(({ signal }) => [signal.kind, signal.told?.by])).toEqual([
    ['open', undefined],
    ['acknowledge', 'bob'],
  ])
})

test('an action on an incident that is not there, or takes it no more, is refused and leaves nothing behind', async () => {
  await expect(desk.act('none', { kind: 'resolve' }, 'bob')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
  const id = await open('a', 1000)
  await desk.act(id, { kind: 'resolve' }, 'bob')
  await expect(desk.act(id, { kind: 'acknowledge' }, 'bob')).rejects.toMatchObject({ code: 'TM_INCIDENT_RESOLVED' })
  const kinds = (await new SignalQueue(catalog.db).waiting(10)).map(({ signal }) => signal.kind)
  expect(kinds).toEqual(['open', 'resolve'])
})

test('who it is reassigned to is called: whoever has the duty, or the person of that name', async () => {
  const id = await open('a', 1000)
  await desk.act(id, { kind: 'reassign', to: 'on-call' }, 'bob')
  await desk.act(id, { kind: 'reassign', to: 'cleo' }, 'bob')
  const texts = (await desk.get(id)).timeline.slice(2).map(({ kind, text }) => `${kind} ${text}`)
  expect(texts).toEqual([
    'reassigned to on-call',
    'told ada by sms:ada',
    'reassigned to cleo',
    'told cleo by pagerduty:all, cleo by slack:#alerts',
  ])
})

test('a workflow that took what it was told and then was lost is woken too', async () => {
  const id = await open('a', 1000)
  const queue = new SignalQueue(catalog.db)
  for (const { signal } of await queue.waiting(10)) await queue.delivered(signal.id, 1500)
  expect(await queue.wakeLate(1001 + 2 * MINUTE_MS, 2 * MINUTE_MS)).toBe(1)
  await new IncidentStore(catalog.db).expectStep(id, undefined)
  for (const { signal } of await queue.waiting(10)) await queue.delivered(signal.id, 1500)
  expect(await queue.wakeLate(1001 + 9 * MINUTE_MS, 2 * MINUTE_MS)).toBe(0)
  nowMs = 10 * MINUTE_MS
  await desk.act(id, { kind: 'acknowledge' }, 'ada')
  for (const { signal } of await queue.waiting(10)) await queue.delivered(signal.id, nowMs)
  expect(await queue.wakeLate(nowMs + 3 * MINUTE_MS, 2 * MINUTE_MS)).toBe(1)
})

test('a workflow that is late is woken once, until it has been told', async () => {
  const id = await open('a', 1000)
  const queue = new SignalQueue(catalog.db)
  await new IncidentStore(catalog.db).expectStep(id, 2000)
  for (const { signal } of await queue.waiting(10)) await queue.delivered(signal.id, 1500)
  expect(await queue.wakeLate(2000 + MINUTE_MS, 2 * MINUTE_MS)).toBe(0)
  expect(await queue.wakeLate(2001 + 2 * MINUTE_MS, 2 * MINUTE_MS)).toBe(1)
  expect(await queue.wakeLate(2001 + 9 * MINUTE_MS, 2 * MINUTE_MS)).toBe(0)
  expect((await queue.waiting(10)).map(({ signal }) => signal.kind)).toEqual(['late'])
  for (const { signal } of await queue.waiting(10)) await queue.delivered(signal.id, 1500)
  expect(await queue.wakeLate(2001 + 9 * MINUTE_MS, 2 * MINUTE_MS)).toBe(1)
})
