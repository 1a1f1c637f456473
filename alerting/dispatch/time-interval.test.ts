import { describe, expect, test } from 'vitest'
import { readTimeInterval, type TimeIntervalText } from './config/read-interval.js'
import { containsTime } from './time-interval.js'

const holds = (text: TimeIntervalText, time: string) => containsTime(readTimeInterval(text), Date.parse(time))

describe('a moment lies in an interval', () => {
  test.each<[string, TimeIntervalText, string[], string[]]>([
    ['that says nothing', {}, ['2026-11-28T00:00:00Z'], []],
    [
      'by the time of day, whose end is outside',
      { times: [{ start_time: '09:00', end_time: '17:00' }] },
      ['2026-11-28T09:00:00Z', '2026-11-28T16:59:59Z'],
      ['2026-11-28T08:59:59Z', '2026-11-28T17:00:00Z'],
    ],
    [
      'until midnight',
      { times: [{ start_time: '23:00', end_time: '24:00' }] },
      ['2026-11-28T23:59:59Z'],
      ['2026-11-29T00:00:00Z'],
    ],
    [
      'by the day of the week',
      { weekdays: ['monday:wednesday', 'Saturday'] },
      ['2026-11-23T12:00:00Z', '2026-11-25T12:00:00Z', '2026-11-28T12:00:00Z'],
      ['2026-11-26T12:00:00Z', '2026-11-29T12:00:00Z'],
    ],
    [
      'by the day of the month, also from its end',
      { days_of_month: ['1:5', '-3:-1'] },
      ['2026-02-05T00:00:00Z', '2026-02-26T00:00:00Z', '2024-02-29T00:00:00Z'],
      ['2026-02-06T00:00:00Z', '2026-02-25T00:00:00Z', '2024-02-26T00:00:00Z'],
    ],
    [
      'on the 31st only where there is one',
      { days_of_month: ['31'] },
      ['2026-01-31T00:00:00Z'],
      ['2026-02-28T00:00:00Z'],
    ],
    [
      'by month and year together',
      { months: ['january:march', '12'], years: ['2026:2027'] },
      ['2026-03-31T23:59:59Z', '2027-12-01T00:00:00Z'],
      ['2026-04-01T00:00:00Z', '2028-01-01T00:00:00Z'],
    ],
  ])('%s', (_, text, inside, outside) => {
    expect(inside.filter((time) => !holds(text, time))).toEqual([])
    expect(outside.filter((time) => holds(text, time))).toEqual([])
  })

  test('by the clocks of its time zone, through the change to winter time', () => {
    const text = { times: [{ start_time: '09:00', end_time: '10:00' }], location: 'Europe/Berlin' }
    expect(holds(text, '2026-10-24T07:30:00Z')).toBe(true)
    expect(holds(text, '2026-10-25T07:30:00Z')).toBe(false)
    expect(holds(text, '2026-10-25T08:30:00Z')).toBe(true)
  })

  test('by the calendar of its time zone', () => {
    const text = { weekdays: ['sunday'], location: 'Australia/Sydney' }
    expect(holds(text, '2026-11-28T14:00:00Z')).toBe(true)
    expect(holds(text, '2026-11-29T14:00:00Z')).toBe(false)
  })
})

test.each<[TimeIntervalText, string]>([
  [{ times: [{ start_time: '22:00', end_time: '06:00' }] }, 'split'],
  [{ times: [{ start_time: '9:00', end_time: '10:00' }] }, '"9:00"'],
  [{ weekdays: ['funday'] }, 'funday'],
  [{ weekdays: ['friday:monday'] }, 'monday comes before friday'],
  [{ days_of_month: ['0'] }, '"0"'],
  [{ days_of_month: ['-1:5'] }, 'ends before'],
  [{ days_of_month: ['28:-5'] }, 'ends before'],
  [{ months: ['13'] }, '"13"'],
  [{ years: ['2027:2026'] }, '2026 comes before 2027'],
  [{ location: 'Atlantis/Capital' }, 'Atlantis/Capital'],
])('%o is refused with the part that is wrong', (text, told) => {
  expect(() => readTimeInterval(text)).toThrow(told)
})
