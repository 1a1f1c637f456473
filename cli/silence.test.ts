import { expect, test } from 'vitest'
import { windowsText } from './maintenance.js'
import { matcherArgument } from './matchers.js'
import { silencesText } from './silence.js'

test('matchers come one after another; a word alone is the name of an alert', () => {
  const matchers = ['HighLatency', 'service="api", host!~db.*'].reduce(
    (before, text) => matcherArgument(text, before),
    matcherArgument('a=b'),
  )
  expect(matchers.map(({ name, op, value }) => `${name}${op}${value}`)).toEqual([
    'a=b',
    'alertname=HighLatency',
    'service=api',
    'host!~db.*',
  ])
  expect(() => matcherArgument('a=~"("')).toThrow()
})

const matchers = [{ name: 'service', value: 'api', isRegex: false, isEqual: true }]

test('silences are listed with whom to ask', () => {
  const shown = {
    id: '1',
    status: { state: 'active' as const },
    updatedAt: '2026-01-01T00:00:00.500Z',
    startsAt: '2026-01-01T00:00:00.500Z',
    endsAt: '2026-01-01T02:00:00.500Z',
    createdBy: 'ann',
    comment: 'moving it',
    matchers,
    annotations: {},
  }
  expect(silencesText([shown])).toBe(
    [
      'id  state   matchers         from                  until                 by   why',
      '1   active  {service="api"}  2026-01-01 00:00:00Z  2026-01-01 02:00:00Z  ann  moving it',
    ].join('\n'),
  )
})

test('maintenance windows are listed with when they mute, and whether they do now', () => {
  const time_intervals = [
    { weekdays: ['monday:friday'], times: [{ start_time: '22:00', end_time: '23:30' }], location: 'Europe/Berlin' },
    { days_of_month: ['-1'], months: ['may'] },
  ]
  const shown = { name: 'w', matchers, time_intervals, created_by: 'ann', comment: 'weekly', active: true }
  expect(windowsText([shown]).split('\n')[1]).toBe(
    'w     mutes  {service="api"}  22:00-23:30, monday:friday Europe/Berlin; days -1, may UTC  ann  weekly',
  )
})
