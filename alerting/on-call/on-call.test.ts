import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OnCallConfig } from '../../schemas/config/on-call.js'
import { onCallAt, shifts } from './on-call.js'
import { onDuty } from './on-duty.js'

const HOUR_MS = 3_600_000
const WEEK_HOURS = 168

type LayerConfig = OnCallConfig['layers'][number]

const layer = (change: Partial<LayerConfig> = {}): LayerConfig => ({
  people: ['ann', 'bea', 'cy'],
  rotation: '1w',
  start: '2026-01-05',
  hand_over: '09:00',
  restrictions: [],
  ...change,
})
const schedule = (change: Partial<OnCallConfig> = {}): OnCallConfig => ({
  time_zone: 'Europe/Berlin',
  layers: [layer()],
  overrides: [],
  ...change,
})
const at = (text: string) => Date.parse(text)
const range = (from: string, to: string) => ({ startMs: at(from), endMs: at(to) })

/** What clocks show, by the platform's own calendar. */
function clockText(timeMs: number, timeZone: string): string {
  const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  return new Intl.DateTimeFormat('en-GB', options).format(timeMs).replace(',', '')
}

describe('a weekly rotation', () => {
  test('hands over at the same local time before and after clocks are changed', () => {
    const year = shifts(schedule(), range('2026-01-05T08:00:00Z', '2027-01-04T08:00:00Z'))
    expect(year).toHaveLength(52)
    expect(new Set(year.map(({ startMs }) => clockText(startMs, 'Europe/Berlin')))).toEqual(new Set(['Mon 09:00']))
    expect(year.slice(0, 4).map(({ person }) => person)).toEqual(['ann', 'bea', 'cy', 'ann'])
  })

  test('has one week that is an hour shorter and one that is an hour longer', () => {
    const year = shifts(schedule(), range('2026-01-05T08:00:00Z', '2027-01-04T08:00:00Z'))
    const odd = year.flatMap(({ startMs, endMs }) => {
      const hours = (endMs - startMs) / HOUR_MS
      return hours === WEEK_HOURS ? [] : [[new Date(startMs).toISOString(), hours]]
    })
    expect(odd).toEqual([
      ['2026-03-23T08:00:00.000Z', WEEK_HOURS - 1],
      ['2026-10-19T07:00:00.000Z', WEEK_HOURS + 1],
    ])
  })

  test('changes at the hand-over, not a moment before', () => {
    expect(onCallAt(schedule(), at('2026-03-30T06:59:59.999Z'))).toBe('cy')
    expect(onCallAt(schedule(), at('2026-03-30T07:00:00Z'))).toBe('ann')
  })

  test('went on before its start as it does after', () => {
    expect(onCallAt(schedule(), at('2026-01-05T07:59:59Z'))).toBe('cy')
    expect(onCallAt(schedule(), at('2025-12-29T07:59:59Z'))).toBe('bea')
  })
})

describe('a hand-over at a time that clocks skip or show twice', () => {
  const nightly = (time_zone: string, hand_over: string) =>
    schedule({ time_zone, layers: [layer({ rotation: '1d', hand_over, people: ['ann', 'bea'] })] })
  const startsOf = (one: OnCallConfig, from: string, to: string) =>
    shifts(one, range(from, to))
      .slice(1)
      .map(({ startMs }) => new Date(startMs).toISOString())

  test('happens when they skip it, and the first time they show it', () => {
    expect(startsOf(nightly('Europe/Berlin', '02:30'), '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
    expect(startsOf(nightly('Europe/Berlin', '02:30'), '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  test('on a day that was skipped as a whole has no time, and the turn of that day none either', () => {
    const samoa = nightly('Pacific/Apia', '09:00')
    const around = shifts(samoa, range('2011-12-28T00:00:00Z', '2012-01-02T00:00:00Z'))
    for (const { startMs, endMs } of around) expect(endMs).toBeGreaterThan(startMs)
    expect(around.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)).toBe(5 * 24 * HOUR_MS)
  })
})

describe('layers', () => {
  const office = layer({
    people: ['dan'],
    restrictions: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  })

  test('that are restricted count at their times, and those before them at all others', () => {
    const both = schedule({ layers: [layer(), office] })
    const days = shifts(both, range('2026-01-08T08:00:00Z', '2026-01-12T09:00:00Z'))
    expect(days.map(({ person, startMs }) => `${clockText(startMs, 'Europe/Berlin')} ${person}`)).toEqual([
      'Thu 09:00 dan',
      'Thu 17:00 ann',
      'Fri 09:00 dan',
      'Fri 17:00 ann',
      'Mon 09:00 dan',
    ])
  })

  test('may count over midnight; the day is that on which it begins', () => {
    const nights = layer({ people: ['eve'], restrictions: [{ days: ['fri'], from: '22:00', to: '06:00' }] })
    const weekend = shifts(
      schedule({ layers: [layer(), nights] }),
      range('2026-01-09T12:00:00Z', '2026-01-11T12:00:00Z'),
    )
    expect(weekend.map(({ person, startMs }) => `${clockText(startMs, 'Europe/Berlin')} ${person}`)).toEqual([
      'Fri 13:00 ann',
      'Fri 22:00 eve',
      'Sat 06:00 ann',
    ])
  })
})

test('who stands in is on call for as long as that was agreed, and the last agreement counts', () => {
  const overrides = [
    { person: 'fay', from: '2026-01-06T00:00:00Z', to: '2026-01-08T00:00:00Z' },
    { person: 'gus', from: '2026-01-07T00:00:00Z', to: '2026-01-07T12:00:00Z' },
  ]
  const week = shifts(schedule({ overrides }), range('2026-01-05T12:00:00Z', '2026-01-09T00:00:00Z'))
  expect(week.map(({ person, startMs }) => `${new Date(startMs).toISOString().slice(5, 13)} ${person}`)).toEqual([
    '01-05T12 ann',
    '01-06T00 fay',
    '01-07T00 gus',
    '01-07T12 fay',
    '01-08T00 ann',
  ])
})

test('a duty is done by the schedule of the team, else of the service, else of all', () => {
  const of = (person: string) => schedule({ layers: [layer({ people: [person] })] })
  const schedules = { 'on-call:payments': of('ann'), 'on-call:api': of('bea'), 'on-call': of('cy') }
  const who = (duty: string, labels: Record<string, string>) =>
    onDuty(schedules, duty, labels, at('2026-01-06T00:00:00Z'))
  expect(who('on-call', { team: 'payments', service: 'api' })).toBe('ann')
  expect(who('on-call', { team: 'search', service: 'api' })).toBe('bea')
  expect(who('on-call', {})).toBe('cy')
  expect(who('vp', { team: 'payments' })).toBeUndefined()
})

describe('whatever the schedule', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Santiago',
    'Africa/Casablanca',
  ]
  const timeOfDay = fc
    .record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.constantFrom(0, 15, 30, 59) })
    .map(({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)
  const days = fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, { minLength: 1 })
  const restriction = fc.record({ days: fc.option(days, { nil: undefined }), from: timeOfDay, to: timeOfDay })
  const anyLayer = fc.record({
    people: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }),
    rotation: fc.constantFrom('1h', '8h', '12h', '1d', '5d', '1w', '2w'),
    start: fc.constantFrom('2026-01-05', '2026-03-29', '2020-02-29', '2031-10-01'),
    hand_over: timeOfDay,
  })
  const begin = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2026-12-31T00:00:00Z') })
  const override = fc
    .record({ person: fc.constant('z'), fromMs: begin, hours: fc.integer({ min: 1, max: 200 }) })
    .map(({ person, fromMs, hours }) => ({
      person,
      from: new Date(fromMs).toISOString(),
      to: new Date(fromMs + hours * HOUR_MS).toISOString(),
    }))
  const anySchedule: fc.Arbitrary<OnCallConfig> = fc.record({
    time_zone: fc.constantFrom(...zones),
    layers: fc
      .tuple(anyLayer, fc.array(fc.tuple(anyLayer, fc.array(restriction, { maxLength: 2 })), { maxLength: 2 }))
      .map(([first, more]) => [
        { ...first, restrictions: [] },
        ...more.map(([one, restrictions]) => ({ ...one, restrictions: restrictions as LayerConfig['restrictions'] })),
      ]),
    overrides: fc.array(override, { maxLength: 3 }),
  })

  test('the shifts of a range tile it, and each agrees with who is on call at every time of it', () => {
    const seed = Date.now()
    console.log(`seed ${seed}`)
    const property = fc.property(
      anySchedule,
      begin,
      fc.integer({ min: 1, max: 120 }),
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 5, maxLength: 5 }),
      (one, startMs, hours, shares) => {
        const endMs = startMs + hours * HOUR_MS
        const found = shifts(one, { startMs, endMs })
        expect(found[0].startMs).toBe(startMs)
        expect(found.at(-1)?.endMs).toBe(endMs)
        for (const [i, shift] of found.entries()) {
          expect(shift.endMs).toBeGreaterThan(shift.startMs)
          if (i > 0) expect(shift.startMs).toBe(found[i - 1].endMs)
          if (i > 0) expect(shift.person).not.toBe(found[i - 1].person)
          const timesMs = [shift.startMs, shift.endMs - 1]
          for (const share of shares) timesMs.push(shift.startMs + Math.floor(share * (shift.endMs - shift.startMs)))
          for (const timeMs of timesMs) expect(onCallAt(one, timeMs)).toBe(shift.person)
        }
      },
    )
    fc.assert(property, { numRuns: 25, seed })
  })
})
