import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ActiveAlert, RuleGroupStatus } from '../schemas/ports/rules.js'
import { AlertStore } from './alert-store.js'
import type { AlertDb, AlertTables } from './tables.js'
import { type ScratchCatalog, startScratchCatalog } from './testing/catalog.js'

let catalog: ScratchCatalog<AlertTables>
let db: AlertDb

beforeAll(async () => {
  catalog = await startScratchCatalog<AlertTables>(['rule_groups'])
  db = catalog.db
})
beforeEach(() => catalog.clear())
afterAll(() => catalog.stop())

const ALERT: ActiveAlert = {
  fingerprint: 'f1',
  labels: { alertname: 'A', host: 'x' },
  annotations: { summary: 'it is up' },
  state: 'firing',
  value: Number.POSITIVE_INFINITY,
  activeMs: 1000,
  firedMs: 2000,
  seenMs: 3000,
}
const PENDING: ActiveAlert = { ...ALERT, fingerprint: 'f2', state: 'pending', value: 1.5, firedMs: undefined }

function group(name: string, alerts: readonly ActiveAlert[] = []): RuleGroupStatus {
  const facts = {
    query: 'up',
    forMs: 0,
    keepFiringMs: 0,
    labels: {},
    annotations: {},
    health: 'ok',
    tookMs: 2,
  } as const
  const rules = [
    { ...facts, alert: 'Quiet', judgedMs: 3000, alerts: [] },
    { ...facts, alert: 'A', judgedMs: 3000, alerts },
  ]
  return { name, file: 'f.yaml', intervalMs: 30_000, rules }
}

async function save(store: AlertStore, status: RuleGroupStatus, judgedMs: number, position = 0): Promise<boolean> {
  return (await store.save([{ status, position, judgedMs, isChanged: true }])).size === 1
}

test('groups come back as they were stored, in order, with the alerts at their rules', async () => {
  const store = new AlertStore(db)
  expect(await save(store, group('second', [ALERT, PENDING]), 3000, 1)).toBe(true)
  expect(await save(store, group('first'), 3000)).toBe(true)
  expect(await store.groups()).toEqual([group('first'), group('second', [ALERT, PENDING])])
  expect((await store.known(['f.yaml;second'])).get('f.yaml;second')).toEqual(new Map([[1, [ALERT, PENDING]]]))
})

test('how the recording rules of a group stand comes back too', async () => {
  const store = new AlertStore(db)
  const recording = {
    record: 'job:up:sum',
    query: 'sum(up)',
    labels: {},
    health: 'ok',
    judgedMs: 3000,
    tookMs: 1,
  } as const
  const status = { ...group('g'), recordings: [recording] }
  await store.save([{ status, position: 0, judgedMs: 3000, isChanged: true }])
  expect(await store.groups()).toEqual([{ ...group('g'), recordings: [recording] }])
})

test('alerts that are gone are gone', async () => {
  const store = new AlertStore(db)
  await save(store, group('g', [ALERT]), 3000)
  await save(store, group('g'), 4000)
  expect((await store.known(['f.yaml;g'])).get('f.yaml;g')).toEqual(new Map())
})

test('of two that judge the same time the first one stores it', async () => {
  const [one, other] = [new AlertStore(db), new AlertStore(db)]
  const saved = await Promise.all([save(one, group('g', [ALERT]), 3000), save(other, group('g', [ALERT]), 3000)])
  expect(saved.filter((isFirst) => isFirst)).toHaveLength(1)
  expect(await save(other, group('g'), 2000)).toBe(false)
  expect(await one.groups()).toEqual([group('g', [ALERT])])
})

test('of a group that did not change only the time is stored, for all rules that could be judged', async () => {
  const store = new AlertStore(db)
  await save(store, group('g', [ALERT]), 3000)
  const touched = await store.save([{ status: group('g'), position: 0, judgedMs: 5000, isChanged: false }])
  expect([...touched]).toEqual(['f.yaml;g'])
  const [{ rules }] = await store.groups()
  expect(rules.map(({ judgedMs, alerts }) => [judgedMs, alerts])).toEqual([
    [5000, []],
    [5000, [ALERT]],
  ])
  expect(await store.save([{ status: group('g'), position: 0, judgedMs: 5000, isChanged: false }])).toEqual(new Set())
})

test('an alert of a managed rule keeps its rule, severity and channels', async () => {
  const store = new AlertStore(db)
  const managed: ActiveAlert = { ...ALERT, origin: { ruleId: 'r', severity: 'P1', channels: ['slack:#alerts'] } }
  await save(store, group('g', [managed]), 3000)
  expect((await store.groups())[0].rules[1].alerts).toEqual([managed])
})

test('groups that there are no more are forgotten with their alerts', async () => {
  const store = new AlertStore(db)
  await save(store, group('old', [ALERT]), 3000)
  await save(store, group('kept', [PENDING]), 3000, 1)
  await store.retain(['f.yaml;kept'])
  expect(await store.groups()).toEqual([group('kept', [PENDING])])
})
