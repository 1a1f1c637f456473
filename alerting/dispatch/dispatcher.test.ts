import { describe, expect, test } from 'vitest'
import { setSilence } from './silence.js'
import { DispatchStage } from './testing/stage.js'

const config = (route: string, rest = '') => `
global: { resolve_timeout: 5m }
route: { receiver: team, ${route} }
receivers: [{ name: team }]
${rest}`
const PLAIN = config('group_by: [service], group_wait: 10s, group_interval: 1m, repeat_interval: 1h')

const alert = (alertname: string, service = 'api') => ({ alertname, service })

describe('a group', () => {
  test('waits for more alerts, then is told once, then when something changed or an hour has passed', () => {
    const stage = new DispatchStage(PLAIN)
    stage.tell(0, alert('a'), { ends: 100_000 })
    stage.tell(5, alert('b'), { ends: 100_000 })
    stage.tell(100, alert('c'), { ends: 100_000 })
    stage.until(7200)
    expect(stage.lines()).toEqual(['10s first +a +b', '130s changed +a +b +c', '3790s repeat +a +b +c'])
  })

  test('that a long-standing alert opens is told at once', () => {
    const stage = new DispatchStage(PLAIN)
    stage.tell(100, alert('a'), { starts: 20, ends: 1000 })
    expect(stage.until(101).lines()).toEqual(['100s first +a'])
  })

  test('tells what was resolved, and begins anew with what fires then', () => {
    const stage = new DispatchStage(PLAIN)
    stage.tell(0, alert('a'), { ends: 5000 })
    stage.tell(0, alert('b'), { ends: 30 })
    stage.tell(100, alert('a'), { starts: 0, ends: 100 })
    stage.tell(500, alert('a'), { ends: 5000 })
    expect(stage.until(600).lines()).toEqual([
      '10s first +a +b',
      '70s changed +a -b',
      '130s resolved -a',
      '510s first +a',
    ])
  })

  test('says nothing of what fired and was resolved between two looks', () => {
    const stage = new DispatchStage(PLAIN)
    stage.tell(0, alert('a'), { ends: 5 })
    expect(stage.until(1000).lines()).toEqual([])
  })

  test('is one for each value of its labels; a missing one is a value too', () => {
    const stage = new DispatchStage(PLAIN)
    stage.tell(0, alert('a', 'api'))
    stage.tell(0, alert('b', 'db'))
    stage.tell(0, { alertname: 'c' })
    stage.until(20)
    expect(stage.sent.map(({ groupKey, groupLabels }) => [groupKey, groupLabels])).toEqual([
      ['{}:{service="api"}', { service: 'api' }],
      ['{}:{service="db"}', { service: 'db' }],
      ['{}:{}', {}],
    ])
  })
})

test('an alert that names no end is resolved after its silence, and every telling renews it', () => {
  const stage = new DispatchStage(PLAIN)
  stage.tell(0, alert('a'))
  stage.tell(200, alert('a'))
  stage.until(1000)
  expect(stage.lines()).toEqual(['10s first +a', '550s resolved -a'])
  expect(stage.sent[1].alerts[0]).toMatchObject({ status: 'resolved', startsMs: 0, endsMs: 500_000 })
})

test('annotations follow the last telling, the start is the earliest', () => {
  const stage = new DispatchStage(PLAIN)
  stage.tell(8, alert('a'), { starts: 8, ends: 1000 })
  stage.tell(9, alert('a'), { starts: 7, ends: 900 })
  stage.until(30)
  expect(stage.sent[0].alerts).toMatchObject([{ startsMs: 7000, endsMs: undefined }])
})

describe('routes', () => {
  const TREE = `
route:
  receiver: rest
  group_by: [alertname]
  group_wait: 0s
  routes:
    - { receiver: audit, match_re: { severity: 'P[12]' }, continue: true }
    - receiver: api
      matchers: ['service="api"']
      group_by: ['...']
      routes:
        - { receiver: api-night, matchers: [severity="P3"] }
    - { receiver: db, match: { service: db } }
receivers: [{ name: rest }, { name: audit }, { name: api }, { name: api-night }, { name: db }]`

  test.each<[Record<string, string>, string[]]>([
    [{ service: 'web' }, ['rest']],
    [{ service: 'api' }, ['api']],
    [{ service: 'api', severity: 'P1' }, ['audit', 'api']],
    [{ service: 'api', severity: 'P3' }, ['api-night']],
    [{ service: 'db', severity: 'P2' }, ['audit', 'db']],
    [{ severity: 'P1' }, ['audit']],
  ])('%o goes to %o', (labels, receivers) => {
    const stage = new DispatchStage(TREE)
    stage.tell(0, { alertname: 'a', ...labels })
    expect(stage.until(1).sent.map(({ receiver }) => receiver)).toEqual(receivers)
  })

  test('group by every label where "..." says so, also below', () => {
    const stage = new DispatchStage(TREE)
    for (const host of ['h1', 'h2']) stage.tell(0, { alertname: 'a', service: 'api', severity: 'P3', host })
    expect(stage.until(1).sent).toHaveLength(2)
  })
})

describe('what is muted is not told, and told once it is not muted any more', () => {
  test('by a silence', () => {
    const stage = new DispatchStage(PLAIN)
    const matchers = [{ name: 'alertname', op: '=' as const, value: 'a' }]
    const wanted = { matchers, startsMs: 0, endsMs: 100_000, createdBy: 'ann', comment: 'known' }
    stage.mutes.setSilences(setSilence(wanted, undefined, 0, 's1'))
    stage.tell(0, alert('a'), { ends: 1000 })
    stage.tell(0, alert('b'), { ends: 1000 })
    expect(stage.until(200).lines()).toEqual(['10s first +b', '130s changed +a +b'])
  })

  test('by a maintenance window, in its time zone', () => {
    const stage = new DispatchStage(PLAIN)
    stage.mutes.setWindows([
      {
        name: 'deploys',
        matchers: [{ name: 'service', op: '=', value: 'api' }],
        intervals: [{ times: [{ start: 60, end: 62 }], timeZone: 'Europe/Berlin' }],
      },
    ])
    stage.tell(0, alert('a'), { ends: 1000 })
    stage.tell(0, alert('b', 'db'), { ends: 1000 })
    expect(stage.until(200).lines()).toEqual(['10s first +b', '130s first +a'])
  })

  test('by another alert with the same labels, as long as that fires', () => {
    const rules = `inhibit_rules:
  - { source_matchers: [severity="P1"], target_matchers: [severity="P3"], equal: [region] }`
    const stage = new DispatchStage(config('group_wait: 10s, group_interval: 1m', rules))
    stage.tell(0, { alertname: 'down', severity: 'P1', region: 'eu' }, { ends: 100 })
    stage.tell(0, { alertname: 'slow', severity: 'P3', region: 'eu' }, { ends: 1000 })
    stage.tell(0, { alertname: 'busy', severity: 'P3', region: 'us' }, { ends: 1000 })
    expect(stage.until(200).lines()).toEqual(['10s first +busy +down', '130s changed +busy -down +slow'])
  })

  test('but not by an alert that is as much a target as itself', () => {
    const rules = 'inhibit_rules: [{ source_match: { service: api }, target_match: { service: api } }]'
    const stage = new DispatchStage(config('group_wait: 10s', rules))
    stage.tell(0, alert('a'))
    stage.tell(0, alert('b'))
    expect(stage.until(20).lines()).toEqual(['10s first +a +b'])
  })

  test('by the time intervals of its route', () => {
    const routes = `routes: [{ matchers: [], mute_time_intervals: [early] }]`
    const intervals = `time_intervals: [{ name: early, time_intervals: [{ times: [{ start_time: '00:00', end_time: '00:02' }] }] }]`
    const stage = new DispatchStage(config(`group_wait: 10s, group_interval: 1m, ${routes}`, intervals))
    stage.tell(0, alert('a'), { ends: 1000 })
    expect(stage.until(200).lines()).toEqual(['130s first +a'])
  })

  test('outside of the active time intervals of its route', () => {
    const routes = `routes: [{ active_time_intervals: [later] }]`
    const intervals = `time_intervals: [{ name: later, time_intervals: [{ times: [{ start_time: '00:02', end_time: '01:00' }] }] }]`
    const stage = new DispatchStage(config(`group_wait: 10s, group_interval: 1m, ${routes}`, intervals))
    stage.tell(0, alert('a'), { ends: 1000 })
    expect(stage.until(200).lines()).toEqual(['130s first +a'])
  })
})

describe('a message that is not taken', () => {
  test('is given out again, later each time', () => {
    const stage = new DispatchStage(PLAIN)
    const tries: number[] = []
    stage.takes = (_, at) => tries.push(at) > 3
    stage.tell(0, alert('a'), { ends: 1000 })
    expect(stage.until(50).lines()).toEqual(['10s first +a'])
    expect(tries).toEqual([10, 10.5, 11.25, 12.375])
  })

  test('is given up when the next look is due, which tells how things stand then', () => {
    const stage = new DispatchStage(PLAIN)
    stage.takes = (_, at) => at >= 70
    stage.tell(0, alert('a'), { ends: 1000 })
    stage.tell(20, alert('b'), { ends: 1000 })
    expect(stage.until(100).lines()).toEqual(['70s first +a +b'])
  })

  test('of something resolved keeps it until somebody takes it', () => {
    const stage = new DispatchStage(PLAIN)
    stage.takes = ({ flush }, at) => flush.reason !== 'resolved' || at > 200
    stage.tell(0, alert('a'), { ends: 30 })
    expect(stage.until(400).lines()).toEqual(['10s first +a', '190s resolved -a'])
  })
})

test('reloading makes groups anew, and tells nothing twice', () => {
  const stage = new DispatchStage(PLAIN)
  stage.tell(0, alert('a'), { ends: 1000 })
  stage.reload(30)
  stage.tell(35, alert('b'), { ends: 1000 })
  expect(stage.until(200).lines()).toEqual(['10s first +a', '90s changed +a +b'])
})

test('before its start nobody is told, then all that came before at once', () => {
  const stage = new DispatchStage(PLAIN, { startsMs: 50_000 })
  stage.tell(0, alert('a'), { ends: 1000 })
  stage.tell(40, alert('b'), { ends: 1000 })
  expect(stage.until(60).lines()).toEqual(['10s first +a +b'])
  expect(stage.nowMs).toBe(60_000)
})

test('a peer tells what the one before it did not', () => {
  const first = new DispatchStage(PLAIN)
  const shared = { log: first.log, mutes: first.mutes }
  const second = new DispatchStage(PLAIN, { ...shared, waitMs: 15_000 })
  for (const stage of [first, second]) stage.tell(0, alert('a'), { ends: 1000 })
  first.until(12)
  expect([first.lines(), second.until(40).lines()]).toEqual([['10s first +a'], []])
  second.tell(50, alert('b', 'db'), { ends: 1000 })
  expect(second.until(90).lines()).toEqual(['60s first +b'])
})

test('a dispatcher that takes over from alerts and log goes on where the other was', () => {
  const before = new DispatchStage(PLAIN)
  before.tell(0, alert('a'), { ends: 5000 })
  before.tell(1, alert('b'), { ends: 40 })
  before.until(20)
  const held = ['a', 'b'].map(
    (alertname) => before.sent[0].alerts.find(({ labels }) => labels.alertname === alertname)!,
  )
  const alerts = held.map(({ status: _, ...one }, i) => ({
    ...one,
    endsMs: [5_000_000, 40_000][i],
    updatedMs: 0,
    isTimeout: false,
  }))
  const after = new DispatchStage(PLAIN, { log: before.log, mutes: before.mutes, alerts })
  expect(after.until(100).lines()).toEqual(['70s changed +a -b'])
})
