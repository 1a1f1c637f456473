import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { planIncident } from '../alerting/incidents/plan-incident.js'
import type { IncidentTables } from '../alerting/incidents/tables.js'
import { type ScratchCatalog, startIncidentCatalog } from '../alerting/testing/catalog.js'
import { alertOn, flushOf, NOBODY, POLICY } from '../alerting/testing/incidents.js'
import type { CatalogDb } from '../batch/catalog/tables.js'
import { loadConfig } from '../schemas/config/load.js'
import { TidemarkError } from '../schemas/errors.js'
import { escalationStarter } from './escalation-starter.js'
import { type IncidentParts, incidentDesk, incidentParts } from './incidents.js'

let catalog: ScratchCatalog<IncidentTables>
let parts: IncidentParts
let heard: string[]
let isAway: boolean

beforeAll(async () => {
  catalog = await startIncidentCatalog()
})
beforeEach(async () => {
  await catalog.clear()
  parts = incidentParts({ config: loadConfig({ env: {} }), db: catalog.db as unknown as CatalogDb, clock: () => 1000 })
  heard = []
  isAway = false
})
afterAll(() => catalog.stop())

async function turn(): Promise<void> {
  const start = escalationStarter(parts, {
    async signalEscalation(incidentId, { kind }) {
      if (isAway) throw new TidemarkError('TM_TEMPORAL_MISSING', { reason: 'away', fix: 'wait' })
      heard.push(`${incidentId} ${kind}`)
    },
  })
  await start()
}

async function open(): Promise<string> {
  const flush = flushOf([alertOn('web-1')], 1000, 'first')
  const plan = await parts.store.changeGroup(flush.groupKey, 1000, (before) =>
    planIncident(before, { flush, facts: NOBODY }, POLICY, 1000),
  )
  return plan!.incident.incidentId
}

test('a workflow hears of what happened in its order, and once', async () => {
  const id = await open()
  await incidentDesk(parts).act(id, { kind: 'acknowledge' }, 'ada')
  await turn()
  await turn()
  expect(heard).toEqual([`${id} open`, `${id} acknowledge`])
})

test('what cannot be delivered waits until it can, while the first messages are in the outbox', async () => {
  isAway = true
  const id = await open()
  await expect(turn()).rejects.toMatchObject({ code: 'TM_TEMPORAL_MISSING' })
  const queued = await catalog.db.selectFrom('outbox').select('action').execute()
  expect(queued).toEqual([{ action: 'trigger' }, { action: 'trigger' }])
  isAway = false
  await turn()
  expect(heard).toEqual([`${id} open`])
})
