import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TidemarkError } from '../schemas/errors.js'
import { AlertStore } from './alert-store.js'
import type { RuleSource } from './ask.js'
import { alertChanges } from './changes.js'
import { type JudgedGroup, Judging, type JudgingParts } from './judging.js'
import { RuleDesk } from './rule-book/desk.js'
import { RuleStore } from './rule-book/rule-store.js'
import type { RuleDb, RuleTables } from './rule-book/tables.js'
import { readRuleFile } from './rule-file.js'
import { type SloDb, SloDesk } from './slo/slo-desk.js'
import type { AlertDb } from './tables.js'
import { type ScratchCatalog, startScratchCatalog } from './testing/catalog.js'
import { seriesOf } from './testing/series.js'

const MINUTE = 60_000
const limits = { querySamples: 1_000_000, queryDepth: 100, queryResultSamples: 1_000_000 }
/** Hot from minute 10 to 20. */
const source = seriesOf(['temperature{host="a"} 20x9 95x10 20x40', 'up{host="a"} 1x60'], MINUTE)

let catalog: ScratchCatalog<RuleTables>
let db: RuleDb
let rules: RuleStore
let alerts: AlertStore
let desk: RuleDesk
let errors: TidemarkError[]

beforeAll(async () => {
  catalog = await startScratchCatalog<RuleTables>(['alert_rules'])
  db = catalog.db
  rules = new RuleStore(db)
  alerts = new AlertStore(db as unknown as AlertDb)
})
beforeEach(async () => {
  errors = []
  await catalog.clear()
  await alerts.retain([])
  const clock = () => 15 * MINUTE
  desk = new RuleDesk({
    rules,
    open: async () => source,
    limits,
    metadata: () => new Map(),
    clock,
    intervalMs: MINUTE,
    delayMs: 0,
  })
})
afterAll(() => catalog.stop())

const HOT = { name: 'Hot', when: 'temperature > 90 FOR 5 minutes', severity: 'P1', notification_channels: ['slack:#a'] }

function judging(fileRules = '', parts: Partial<JudgingParts> = {}): Judging {
  const evaluate = { open: async () => source, limits, now: () => 0 }
  return new Judging({
    fileGroups: fileRules ? readRuleFile(fileRules, 'f.yaml', MINUTE) : [],
    rules,
    alerts,
    evaluate,
    record: { ...evaluate, write: async () => undefined },
    latenessMs: 0,
    delayMs: 0,
    completeThroughMs: async () => 0,
    intervalMs: MINUTE,
    onError: (error) => errors.push(error),
    ...parts,
  })
}

/** Names of alerts that began to fire, and of those that ended, as `+Hot`, `-Hot`. */
function told(judged: readonly JudgedGroup[]): string[] {
  return judged.flatMap(({ before, status }) => {
    const { fired, resolved } = alertChanges(before, status)
    return [
      ...fired.map(({ labels }) => `+${labels.alertname}`),
      ...resolved.map(({ labels }) => `-${labels.alertname}`),
    ]
  })
}

test('rules that record go on after a restart where they stopped, though nothing else changed', async () => {
  const written: number[] = []
  const record = {
    open: async () => source,
    limits,
    now: () => 0,
    write: async (points: readonly { timeMs: number }[]) => void written.push(...points.map(({ timeMs }) => timeMs)),
  }
  const file = 'groups: [{ name: g, rules: [{ record: up:sum, expr: sum(up) }] }]'
  const before = judging(file, { record })
  for (const minute of [12, 13, 14]) await before.advance(minute * MINUTE)
  await judging(file, { record }).advance(15 * MINUTE)
  expect(written.map((timeMs) => timeMs / MINUTE)).toEqual([12, 13, 14, 15])
})

describe('rules of the table', () => {
  test('are judged beside those of files, and give their alerts id, severity and channels', async () => {
    await desk.apply([HOT], false)
    const one = judging('groups: [{ name: g, rules: [{ alert: Up, expr: up == 1 }] }]')
    expect(told(await one.advance(14 * MINUTE))).toEqual(['+Up'])
    expect(told(await one.advance(15 * MINUTE))).toEqual(['+Hot'])
    const [, hot] = await alerts.groups()
    expect(hot.rules[0].alerts).toMatchObject([
      {
        labels: { alertname: 'Hot', severity: 'P1' },
        origin: { ruleId: 'hot', severity: 'P1', channels: ['slack:#a'] },
      },
    ])
  })

  test('are taken over, changed, switched off and deleted without a restart', async () => {
    const one = judging()
    expect(told(await one.advance(14 * MINUTE))).toEqual([])
    await desk.apply([HOT], false)
    expect(told(await one.advance(15 * MINUTE))).toEqual(['+Hot'])
    await desk.apply([{ ...HOT, when: 'temperature > 99 FOR 5 minutes' }], false)
    expect(told(await one.advance(16 * MINUTE))).toEqual(['-Hot'])
    await desk.apply([HOT], false)
    expect(told(await one.advance(17 * MINUTE))).toEqual(['+Hot'])
    await desk.setEnabled('hot', false)
    expect(told(await one.advance(17 * MINUTE))).toEqual(['-Hot'])
    await desk.setEnabled('hot', true)
    expect(told(await one.advance(18 * MINUTE))).toEqual(['+Hot'])
    await desk.delete('hot')
    expect(told(await one.advance(18 * MINUTE))).toEqual(['-Hot'])
    expect(await alerts.groups()).toEqual([])
  })

  test('that were written by hand are compiled, and one that cannot be is told', async () => {
    const columns = {
      annotations: '{}',
      labels: '{}',
      notification_channels: '[]',
      severity: 'P3',
      enabled: true,
    } as const
    const times = { version: 1, created_ms: 0, updated_ms: 0, judging_interval: null, rule_group: null, promql: null }
    const row = (name: string, condition: object) => ({
      ...columns,
      ...times,
      name,
      metric_query: 'temperature',
      condition: JSON.stringify(condition),
    })
    await db
      .insertInto('alert_rules')
      .values([
        row('By hand', { operator: '>', threshold: 90, duration: '5m' }),
        row('Bad', { operator: '>', threshold: 'much' }),
      ])
      .execute()
    const one = judging()
    expect(told(await one.advance(15 * MINUTE))).toEqual(['+By hand'])
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('"much" is no amount')])
    const listed = await desk.list()
    expect(listed.map(({ name, promql, error }) => [name, promql ?? error])).toEqual([
      ['Bad', expect.stringContaining('"much" is no amount')],
      ['By hand', 'temperature > 90'],
    ])
  })

  test('whose condition is changed by hand are no longer judged by what it was compiled to before', async () => {
    await desk.apply([HOT], false)
    await db
      .updateTable('alert_rules')
      .set({ condition: JSON.stringify({ operator: '>', threshold: 10 }) })
      .execute()
    expect((await desk.get('hot')).promql).toBe('temperature > 10')
  })
})

test('an objective brings its rules, and takes them with it when it goes', async () => {
  const clock = () => 15 * MINUTE
  const slos = new SloDesk({ db: db as unknown as SloDb, rules: desk, clock, open: async () => source, limits })
  const input = { name: 'Cool', objective: 99, error_ratio: 'avg_over_time(temperature[$window]) / 100' }
  const actions = async () => (await slos.apply([input], false)).map(({ rule_id, action }) => [rule_id, action])
  expect(await actions()).toEqual([
    ['slo-cool-page', 'created'],
    ['slo-cool-ticket', 'created'],
  ])
  expect((await actions()).map(([, action]) => action)).toEqual(['unchanged', 'unchanged'])
  expect(told(await judging().advance(15 * MINUTE))).toEqual([
    '+Cool: error budget burns fast',
    '+Cool: error budget burns slowly',
  ])
  expect(await slos.list()).toMatchObject([{ slo_id: 'cool', window: '30d' }])
  expect((await slos.status('cool')).status).toMatchObject([{ labels: { host: 'a' } }])
  await slos.delete('cool')
  expect([await slos.list(), await desk.list()]).toEqual([[], []])
  await expect(slos.status('cool')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
})

describe('a time', () => {
  const WARM = 'groups: [{ name: g, rules: [{ alert: Warm, expr: temperature > 90 }] }]'

  test('is judged as soon as all of its points can be read, and after the delay at the latest', async () => {
    let completeMs = 9 * MINUTE
    const one = judging(WARM, { delayMs: 2 * MINUTE, completeThroughMs: async () => completeMs })
    expect(told(await one.advance(10 * MINUTE))).toEqual([])
    completeMs = 10 * MINUTE
    expect(told(await one.advance(10 * MINUTE + 1))).toEqual(['+Warm'])
    expect(told(await one.advance(22 * MINUTE))).toEqual([])
    expect(told(await one.advance(23 * MINUTE))).toEqual(['-Warm'])
  })

  test('that could not be judged early is judged once more after the delay, and not all the time', async () => {
    const reasons = new Set(['the live view is away'])
    let asked = 0
    const open = async () => {
      asked++
      const select: RuleSource['select'] = (matchers, range) => source.select(matchers, range)
      return { select, partialReasons: reasons }
    }
    const one = judging(WARM, {
      evaluate: { open, limits, now: () => 0 },
      delayMs: MINUTE,
      completeThroughMs: async () => 10 * MINUTE,
    })
    for (const second of [0, 1, 2]) expect(told(await one.advance(10 * MINUTE + second * 1000))).toEqual([])
    expect([asked, one.statuses()[0].rules[0].health]).toEqual([1, 'err'])
    reasons.clear()
    expect(told(await one.advance(11 * MINUTE))).toEqual(['+Warm'])
    await one.advance(11 * MINUTE + 1000)
    expect([asked, one.statuses()[0].rules[0].health]).toEqual([2, 'ok'])
  })
})

describe('a restart', () => {
  test('goes on with the alerts that there were', async () => {
    await desk.apply([HOT], false)
    expect(told(await judging().advance(16 * MINUTE))).toEqual(['+Hot'])
    expect(told(await judging().advance(18 * MINUTE))).toEqual([])
    expect(told(await judging().advance(30 * MINUTE))).toEqual(['-Hot'])
  })

  test('of two processes the first one tells', async () => {
    await desk.apply([HOT], false)
    const [one, other] = [judging(), judging()]
    const both = [told(await one.advance(15 * MINUTE)), told(await other.advance(15 * MINUTE))]
    expect(both).toEqual([['+Hot'], []])
    expect(told(await other.advance(21 * MINUTE))).toEqual(['-Hot'])
  })
})

describe('applying', () => {
  test('stores once, tells what changed, and does nothing the second time', async () => {
    const actions = async (input: object, dryRun = false) =>
      (await desk.apply([input], dryRun)).map(({ action }) => action)
    expect(await actions(HOT, true)).toEqual(['created'])
    expect(await actions(HOT)).toEqual(['created'])
    const revision = await rules.revision()
    expect(await actions(HOT)).toEqual(['unchanged'])
    expect(await rules.revision()).toBe(revision)
    expect(await actions({ ...HOT, severity: 'P2' })).toEqual(['changed'])
    expect(await desk.get('hot')).toMatchObject({ severity: 'P2', version: 2, when: 'temperature > 90 FOR 5 minutes' })
  })

  test('warns of queries that no series matches', async () => {
    const [{ warnings }] = await desk.apply([{ name: 'r', when: 'temperature > 1 AND humidity > 2' }], true)
    expect(warnings).toEqual([expect.stringContaining('no series matches humidity right now')])
  })

  test('stores all or none', async () => {
    const bad = { name: 'Bad', when: 'x > 1', labels: { __name__: 'no label' } }
    await expect(desk.apply([HOT, bad], false)).rejects.toMatchObject({ code: 'TM_RULE_FILE' })
    expect(await desk.list()).toEqual([])
  })

  test('a rule that is not there is told', async () => {
    await expect(desk.get('nothing')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
    await expect(desk.setEnabled('nothing', true)).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
    await expect(desk.delete('nothing')).rejects.toMatchObject({ code: 'TM_NOT_FOUND' })
  })
})
