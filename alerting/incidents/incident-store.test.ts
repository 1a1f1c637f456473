import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ScratchCatalog, startIncidentCatalog } from '../testing/catalog.js'
import { alertOn, alertsOn, flushOf, MINUTE_MS, NOBODY, POLICY, resolved } from '../testing/incidents.js'
import { IncidentStore } from './incident-store.js'
import { planAction } from './plan-action.js'
import { planIncident } from './plan-incident.js'
import { PostgresOutbox } from './postgres-outbox.js'
import type { IncidentTables } from './tables.js'

let catalog: ScratchCatalog<IncidentTables>
let store: IncidentStore

beforeAll(async () => {
  catalog = await startIncidentCatalog()
  store = new IncidentStore(catalog.db)
})
beforeEach(() => catalog.clear())
afterAll(() => catalog.stop())

/** Takes a flush as the alerts role does. */
function take(flush: ReturnType<typeof flushOf>) {
  const { groupKey, flushedMs } = flush
  return store.changeGroup(groupKey, flushedMs, (before) =>
    planIncident(before, { flush, facts: NOBODY }, POLICY, flushedMs),
  )
}

function act(incidentId: string, id: string, nowMs: number) {
  const signal = { id, incidentId, by: 'ada', atMs: nowMs, action: { kind: 'acknowledge' } } as const
  return store.act({ signal, isDelivered: false }, nowMs, (known) =>
    planAction(known, signal, { recipients: [], links: POLICY.links }, nowMs),
  )
}

async function queued() {
  return (await catalog.db.selectFrom('outbox').select(['action', 'channel']).orderBy('seq').execute()).map(
    ({ action, channel }) => `${action} ${channel}`,
  )
}

async function timeline() {
  const rows = await catalog.db.selectFrom('incident_timeline').select('kind').orderBy('id').execute()
  return rows.map(({ kind }) => kind)
}

test('an incident, its alerts, its timeline, its messages and the start of its workflow are stored together', async () => {
  const plan = await take(flushOf(alertsOn(3), 1000, 'first'))
  expect(await store.find(plan!.incident.incidentId)).toEqual(plan!.incident)
  expect(await queued()).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
  expect(await timeline()).toEqual(['opened', 'told'])
  const signals = await catalog.db.selectFrom('incident_signals').select(['kind', 'delivered_ms']).execute()
  expect(signals).toEqual([{ kind: 'open', delivered_ms: null }])
})

test('values that JSON has no number for are kept', async () => {
  await take(flushOf([alertOn('web-1', { value: Number.POSITIVE_INFINITY })], 1000, 'first'))
  const [taken] = await new PostgresOutbox(catalog.db).take(1, 1000, 1000)
  expect(taken.message.incident.value).toBe(Number.POSITIVE_INFINITY)
  expect(taken.message.incident.alerts[0].value).toBe(Number.POSITIVE_INFINITY)
})

test('a flush that is taken again after its answer was lost changes nothing', async () => {
  const flush = flushOf([alertOn('web-1')], 1000, 'first')
  await take(flush)
  expect(await take(flush)).toBeUndefined()
  expect(await queued()).toHaveLength(2)
  expect(await timeline()).toHaveLength(2)
})

test('of many processes that take the same first flush at once one opens the incident', async () => {
  const flush = flushOf([alertOn('web-1')], 1000, 'first')
  const plans = await Promise.all(Array.from({ length: 8 }, () => take(flush)))
  expect(plans.filter((plan) => plan !== undefined)).toHaveLength(1)
  expect(await catalog.db.selectFrom('alert_incidents').select('incident_id').execute()).toHaveLength(1)
  expect(await queued()).toHaveLength(2)
})

test('hosts that join while the count of before was not sent yet replace it', async () => {
  await take(flushOf(alertsOn(1), 1000, 'first'))
  await take(flushOf(alertsOn(20), 2000))
  await take(flushOf(alertsOn(50), 3000))
  expect(await queued()).toEqual([
    'trigger pagerduty:all',
    'trigger slack:#alerts',
    'update pagerduty:all',
    'update slack:#alerts',
  ])
})

test('that it is over is not told if it is back before it was sent', async () => {
  const web = alertOn('web-1')
  await take(flushOf([web], 0, 'first'))
  await take(flushOf([resolved(web)], MINUTE_MS, 'resolved'))
  expect(await queued()).toContain('resolve slack:#alerts')
  await take(flushOf([{ ...web, startsMs: 2 * MINUTE_MS }], 2 * MINUTE_MS))
  expect(await queued()).toEqual(['trigger pagerduty:all', 'trigger slack:#alerts'])
  expect(await timeline()).toEqual(['opened', 'told', 'resolved', 'reopened'])
})

test('an action that comes twice is done once', async () => {
  const { incident } = (await take(flushOf([alertOn('web-1')], 0, 'first')))!
  await act(incident.incidentId, 'signal-1', 1000)
  await act(incident.incidentId, 'signal-1', 2000)
  expect(await store.find(incident.incidentId)).toMatchObject({ status: 'acknowledged', acknowledgedMs: 1000 })
  expect(await timeline()).toEqual(['opened', 'told', 'acknowledged'])
  expect(await queued()).toHaveLength(4)
})

test('no line of a timeline can be changed', async () => {
  await take(flushOf([alertOn('web-1')], 0, 'first'))
  await expect(catalog.db.updateTable('incident_timeline').set({ text: '' }).execute()).rejects.toThrow('append-only')
})

test('incidents that were over long ago are forgotten, and open ones never', async () => {
  const web = alertOn('web-1')
  await take(flushOf([web], 0, 'first', 'a'))
  await take(flushOf([resolved(web)], 1000, 'resolved', 'a'))
  await take(flushOf([web], 0, 'first', 'b'))
  await store.trim(2000)
  const left = await catalog.db.selectFrom('alert_incidents').select('group_key').execute()
  expect(left).toEqual([{ group_key: 'b' }])
})
