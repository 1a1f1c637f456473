import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ScratchCatalog, startIncidentCatalog } from '../testing/catalog.js'
import { alertOn, alertsOn, flushOf, NOBODY, POLICY } from '../testing/incidents.js'
import { IncidentStore } from './incident-store.js'
import { planIncident } from './plan-incident.js'
import { PostgresOutbox } from './postgres-outbox.js'
import type { IncidentTables } from './tables.js'

const LEASE_MS = 1000
let catalog: ScratchCatalog<IncidentTables>
let outbox: PostgresOutbox

beforeAll(async () => {
  catalog = await startIncidentCatalog()
  outbox = new PostgresOutbox(catalog.db)
})
beforeEach(() => catalog.clear())
afterAll(() => catalog.stop())

/** An incident that has called its two channels, and then told them that it has more hosts. */
async function twoMessagesPerChannel(groupKey = 'g'): Promise<void> {
  const store = new IncidentStore(catalog.db)
  for (const flush of [
    flushOf([alertOn('web-1')], 1, 'first', groupKey),
    flushOf(alertsOn(2), 2, 'changed', groupKey),
  ]) {
    await store.changeGroup(groupKey, flush.flushedMs, (before) =>
      planIncident(before, { flush, facts: NOBODY }, POLICY, flush.flushedMs),
    )
  }
}

async function taken(nowMs: number, limit = 100) {
  return outbox.take(limit, nowMs, LEASE_MS)
}

const told = (messages: Awaited<ReturnType<typeof taken>>) =>
  messages.map(({ message, channel }) => `${message.action} ${channel}`).sort()

test('messages of an incident and channel are taken in their order, the next once the one before is done', async () => {
  await twoMessagesPerChannel()
  const first = await taken(10)
  expect(told(first)).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
  expect(await taken(10)).toEqual([])
  const slack = first.find(({ channel }) => channel === 'slack:#alerts')!
  await outbox.delivered(slack.message.key, 'ts-1', 11)
  const [next] = await taken(12)
  expect(next.message).toMatchObject({ action: 'update', reference: 'ts-1' })
  expect(next.channel).toBe('slack:#alerts')
})

test('many who take at once get different messages', async () => {
  for (let i = 0; i < 10; i++) await twoMessagesPerChannel(`g${i}`)
  const lots = await Promise.all(Array.from({ length: 5 }, () => taken(10, 4)))
  const keys = lots.flat().map(({ message }) => message.key)
  expect(keys).toHaveLength(20)
  expect(new Set(keys).size).toBe(20)
})

test('what was taken and not answered for comes again after its lease, and counts as a try', async () => {
  await twoMessagesPerChannel()
  const first = await taken(10, 1)
  expect(first[0].attempts).toBe(0)
  expect(await taken(10 + LEASE_MS - 1, 1)).not.toEqual(first)
  const again = await taken(10 + 2 * LEASE_MS)
  const same = again.find(({ message }) => message.key === first[0].message.key)
  expect(same?.attempts).toBe(1)
})

test('one that is postponed holds up those behind it until it is due', async () => {
  await twoMessagesPerChannel()
  for (const { message } of await taken(10)) await outbox.failed(message.key, 500, 'throttled', 20)
  expect(await taken(499)).toEqual([])
  expect(told(await taken(500))).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
})

test('one that is given up is listed with its reason, lets the next one by, and can be sent again', async () => {
  await twoMessagesPerChannel()
  for (const { message } of await taken(10)) await outbox.bury(message.key, 'no such room', 20)
  const dead = await outbox.dead(10)
  expect(dead.map(({ channel, action, reason, buriedMs }) => [channel, action, reason, buriedMs])).toEqual([
    [expect.any(String), 'trigger', 'no such room', 20],
    [expect.any(String), 'trigger', 'no such room', 20],
  ])
  expect(told(await taken(30))).toEqual(['update pagerduty:all', 'update slack:#alerts'])
  expect(await outbox.resend(dead[0].key, 40)).toBe(1)
  expect((await taken(40 + LEASE_MS)).map(({ message }) => message.key)).toContain(dead[0].key)
  expect(await outbox.resend(undefined, 50)).toBe(1)
  expect(await outbox.dead(10)).toEqual([])
})

test('what was delivered is not sent again, whatever is said of it later', async () => {
  await twoMessagesPerChannel()
  const first = await taken(10)
  for (const { message } of first) await outbox.delivered(message.key, undefined, 11)
  await outbox.postpone(first[0].message.key, 12, 'late news')
  await outbox.bury(first[0].message.key, 'late news', 12)
  const keys = (await taken(20)).map(({ message }) => message.key)
  expect(keys).not.toContain(first[0].message.key)
  expect(await outbox.dead(10)).toEqual([])
})

test('the timeline says what became of each attempt, once however often it is noted', async () => {
  await twoMessagesPerChannel()
  const keyOf = (channel: string, messages: Awaited<ReturnType<typeof taken>>) =>
    messages.find((one) => one.channel === channel)!.message.key
  const first = await taken(10)
  for (const _ of ['noted', 'noted again']) {
    await outbox.failed(keyOf('slack:#alerts', first), 100, 'HTTP 503', 20)
    await outbox.bury(keyOf('pagerduty:all', first), 'HTTP 400: no such key', 21)
  }
  const again = await taken(100)
  for (const _ of ['noted', 'noted again']) await outbox.delivered(keyOf('slack:#alerts', again), undefined, 110)
  const lines = await catalog.db
    .selectFrom('incident_timeline')
    .select(['at_ms', 'kind', 'text'])
    .where('kind', 'in', ['sent', 'failed', 'dead-letter'])
    .orderBy('id')
    .execute()
  expect(lines.map(({ at_ms, kind, text }) => `${at_ms} ${kind}: ${text}`)).toEqual([
    '20 failed: trigger by slack:#alerts, attempt 1: HTTP 503',
    '21 dead-letter: trigger by pagerduty:all, attempt 1: HTTP 400: no such key',
    '110 sent: trigger by slack:#alerts, attempt 2',
  ])
})

test('who is called stands in the timeline beside the channel', async () => {
  await twoMessagesPerChannel()
  const [{ message }] = await taken(10)
  const called = JSON.stringify({ ...message, recipient: 'ada' })
  await catalog.db.updateTable('outbox').set({ message: called }).where('key', '=', message.key).execute()
  await outbox.delivered(message.key, undefined, 11)
  const { text } = await catalog.db
    .selectFrom('incident_timeline')
    .select('text')
    .where('kind', '=', 'sent')
    .executeTakeFirstOrThrow()
  expect(text).toMatch(/^trigger to ada by /)
})

test('what was not tried does not count as a try', async () => {
  await twoMessagesPerChannel()
  for (const { message } of await taken(10)) await outbox.postpone(message.key, 20, 'the channel has reached its rate')
  expect((await taken(20)).map(({ attempts }) => attempts)).toEqual([0, 0])
})

test('the backlog says how many wait and since when', async () => {
  expect(await outbox.backlog(100)).toEqual({ queued: 0, dead: 0, oldestMs: 0 })
  await twoMessagesPerChannel()
  expect(await outbox.backlog(101)).toEqual({ queued: 4, dead: 0, oldestMs: 100 })
})
