import { describe, expect, test } from 'vitest'
import type { QueryAnswer } from './answer.js'
import { PRINTED } from './print.js'
import { queryPath } from './query.js'

const NOW = Date.parse('2026-01-31T12:00:07.5Z')
const SCREEN = { width: 80, colors: false }
const about = { epoch: 1, frontier: '', partial: false }
const T0 = NOW / 1000 - 7.5

const matrix: QueryAnswer = {
  ...about,
  data: {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'up', host: 'a "b"' },
        values: [
          [T0, '1'],
          [T0 + 60, '3'],
        ],
      },
      { metric: { __name__: 'up', job: 'x,y' }, values: [[T0, 'NaN']] },
    ],
  },
}

describe('the address of a question', () => {
  const parameters = (options: Parameters<typeof queryPath>[1]) => {
    const url = new URL(queryPath('up', options, NOW), 'http://x')
    return [url.pathname.split('/').at(-1), Object.fromEntries(url.searchParams)]
  }
  test('is an instant query unless a range is given', () => {
    expect(parameters({})).toEqual(['query', { query: 'up' }])
    expect(parameters({ time: '5', limit: '3' })).toEqual(['query', { query: 'up', time: '5', limit: '3' }])
  })
  test('a range ends now, has about 100 points, and lies on the grid of its step', () => {
    const end = String(T0)
    expect(parameters({ range: '1h', step: '1m' })).toEqual([
      'query_range',
      { query: 'up', start: String(T0 - 3600), end, step: '1m' },
    ])
    expect(parameters({ range: '7d' })[1]).toMatchObject({ step: '2h' })
  })
  test('start and end are kept as they were given', () => {
    expect(parameters({ start: '2026-01-31T10:00:01Z', end: '1769860807', step: '30' })[1]).toMatchObject({
      start: '1769853601',
      end: '1769860807',
      step: '30s',
    })
  })
  test.each([
    [{ step: '1m' }, '--end and --step are of range queries'],
    [{ range: '1h', time: '5' }, '--time is of instant queries'],
    [{ range: 'soon' }, '--range soon is not a duration'],
    [{ start: 'never' }, '--start never is not a time'],
  ])('%j is refused', (options, message) => {
    expect(() => queryPath('up', options, NOW)).toThrow(message)
  })
})

describe('an answer is printed', () => {
  test('as a table that names a series once', () => {
    expect(PRINTED.table(matrix, SCREEN).split('\n')).toEqual([
      'SERIES              TIME                  VALUE',
      'up{host="a \\"b\\""}  2026-01-31 12:00:00Z  1',
      '                    2026-01-31 12:01:00Z  3',
      'up{job="x,y"}       2026-01-31 12:00:00Z  NaN',
    ])
  })
  test('as CSV with a column for each label', () => {
    expect(PRINTED.csv(matrix, SCREEN).split('\r\n')).toEqual([
      'time,__name__,host,job,value',
      '2026-01-31T12:00:00.000Z,up,"a ""b""",,1',
      '2026-01-31T12:01:00.000Z,up,"a ""b""",,3',
      '2026-01-31T12:00:00.000Z,up,,"x,y",NaN',
    ])
  })
  test('as a chart with a legend; what is no number leaves a gap', () => {
    const text = PRINTED.chart(matrix, SCREEN)
    expect(text).toContain('3.000 ┤')
    expect(text).toContain('2026-01-31 12:00:00Z … 2026-01-31 12:01:00Z')
    expect(text).toContain('1. up{host="a \\"b\\""}')
    expect(text).not.toContain('job=')
  })
  test('of a histogram by its buckets, of a scalar as a value without a name', () => {
    const histogram = { count: '2', sum: '3', buckets: [[0, '1', '2', '2']] as [number, string, string, string][] }
    const data = {
      resultType: 'vector' as const,
      result: [{ metric: {}, histogram: [T0, histogram] as [number, typeof histogram] }],
    }
    expect(PRINTED.table({ ...about, data }, SCREEN)).toContain('{count:2, sum:3, (1,2]:2}')
    expect(PRINTED.csv({ ...about, data: { resultType: 'scalar', result: [T0, '7'] } }, SCREEN)).toContain(
      '12:00:00.000Z,7',
    )
  })
})
