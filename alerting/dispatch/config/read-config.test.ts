import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../schemas/errors.js'
import { allRoutes } from '../route.js'
import { DEFAULT_DISPATCH_YAML } from './default-config.js'
import { readDispatchConfig } from './read-config.js'

const read = (yaml: string) => readDispatchConfig(yaml, 'routes.yaml')

test('what a route does not say it has from the one above it, and the root from Alertmanager', () => {
  const { route, resolveTimeoutMs } = read(`
route:
  receiver: a
  routes:
    - { matchers: [x="1"], group_by: ['...'], group_wait: 0s }
    - { match: { y: '2' }, receiver: b, group_interval: 1m30s, routes: [{ repeat_interval: 1d, group_by: [] }] }
receivers: [{ name: a }, { name: b }]`)
  const facts = allRoutes(route).map((one) => [
    one.key,
    one.receiver,
    one.groupBy,
    one.groupWaitMs,
    one.groupIntervalMs,
    one.repeatIntervalMs,
  ])
  expect(facts).toEqual([
    ['{}', 'a', [], 30_000, 300_000, 14_400_000],
    ['{}/{x="1"}', 'a', 'all', 0, 300_000, 14_400_000],
    ['{}/{y="2"}', 'b', [], 30_000, 90_000, 14_400_000],
    ['{}/{y="2"}/{}', 'b', [], 30_000, 90_000, 86_400_000],
  ])
  expect(resolveTimeoutMs).toBe(300_000)
})

test('receivers name channels', () => {
  const { receivers } = read(
    '{ route: { receiver: a }, receivers: [{ name: a, channels: ["slack:#x", "email:ann"] }] }',
  )
  expect(receivers).toEqual([{ name: 'a', channels: ['slack:#x', 'email:ann'] }])
})

test('matchers may stand in each of three forms', () => {
  const { inhibitRules } = read(`
route: { receiver: a }
receivers: [{ name: a }]
inhibit_rules:
  - { source_match: { s: x }, target_match_re: { t: 'y|z' }, equal: [e] }
  - { source_matchers: ['"höst"="x"', 's!=y'], target_matchers: [] }
  -`)
  const [first, second, empty] = inhibitRules
  expect([first.isSource({ s: 'x' }), first.isTarget({ t: 'z' }), first.isTarget({}), first.equal]).toEqual([
    true,
    true,
    false,
    ['e'],
  ])
  expect([second.isSource({ höst: 'x' }), second.isSource({ höst: 'x', s: 'y' })]).toEqual([true, false])
  expect([empty.isSource({}), empty.isTarget({}), empty.equal]).toEqual([true, true, []])
})

test('the default can be read', () => {
  expect(read(DEFAULT_DISPATCH_YAML).route).toMatchObject({ receiver: 'default', groupWaitMs: 0 })
})

describe('a file that cannot be used is refused with where and why', () => {
  const root = (route: string, rest = '') => `route: { receiver: a, ${route} }\nreceivers: [{ name: a }]\n${rest}`

  test.each([
    ['', 'whole file'],
    ['route: [', 'whole file'],
    ['{ route: {}, receivers: [] }', 'the root names no receiver'],
    [root('matchers: [a="b"]'), 'it has matchers'],
    [root('continue: true'), 'cannot go on'],
    [root('mute_time_intervals: [night]'), 'it has time intervals'],
    [root('routes: [{ receiver: b }]'), 'no receiver "b"'],
    [root('routes: [{ matchers: ["a~b"] }]'), 'route: '],
    [root('routes: [{ match_re: { a: "(" } }]'), 'route: '],
    [root('group_by: [a, a]'), '"a" twice'],
    [root('group_by: [a, "..."]'), 'other labels'],
    [root('group_interval: 0s'), 'group_interval is 0'],
    [root('repeat_interval: 0s'), 'repeat_interval is 0'],
    [root('group_wait: soon'), '"soon" is not a duration'],
    [root('group_weight: 1s'), 'route.group_weight'],
    [root('routes: [{ active_time_intervals: [night] }]'), 'no time interval "night"'],
    [root('', 'time_intervals: [{ name: n, time_intervals: [{ months: [Mai] }] }]'), 'time_intervals.n: "mai"'],
    [root('', 'inhibit_rules: [{ source_matchers: ["="] }]'), 'inhibit_rules.0'],
    ['{ route: { receiver: a }, receivers: [{ name: a }, { name: a }] }', 'two of the name "a"'],
    ['{ route: { receiver: a }, receivers: [{ name: a, slack_config: [] }] }', 'slack_config'],
  ])('%s', (yaml, told) => {
    const thrown = (() => {
      try {
        return read(yaml)
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(TidemarkError)
    expect(thrown).toMatchObject({ code: 'TM_DISPATCH_FILE', message: expect.stringContaining(told) })
  })
})
