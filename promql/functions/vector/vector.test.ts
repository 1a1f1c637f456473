import { describe, expect, test } from 'vitest'
import type { VectorSelector } from '../../ast.js'
import type { Evaluated } from '../../evaluate/values.js'
import type { Sample } from '../../testing/vectors.js'
import { call, histogram, scalar, shown, span, vector } from './testing/calls.js'

const ofOne = async (func: string, value: number, ...more: Evaluated[]) =>
  (shown(await call(func, [vector([{}, value]), ...more])) as { values: Sample[] }[])[0]?.values[0]

describe('a function of each float', () => {
  test('keeps labels, marks the name for removal, leaves out histograms and changes no argument', async () => {
    const argument = vector(
      [{ __name__: 'm', a: 'b' }, -1, histogram, undefined],
      [{ __name__: 'h' }, histogram, histogram, histogram],
    )
    const before = JSON.stringify(shown(argument))
    expect(shown(await call('abs', [argument], { steps: 3 }))).toEqual([
      { labels: { __name__: 'm', a: 'b' }, dropName: true, values: [1, undefined, undefined] },
    ])
    expect(JSON.stringify(shown(argument))).toBe(before)
  })

  test.each<[func: string, value: number, ...rest: number[]]>([
    ['round', 2.5, 3],
    ['round', -2.5, -2],
    ['sgn', -0, -0],
    ['sgn', Number.NaN, Number.NaN],
    ['acosh', 0.5, Number.NaN],
    ['log2', 8, 3],
    ['ln', -1, Number.NaN],
    ['deg', Math.PI, 180],
  ])('%s(%d) is %d', async (func, value, expected) => {
    expect(await ofOne(func, value)).toBe(expected)
  })

  test('round goes to the nearest multiple, the last bit as in Prometheus', async () => {
    expect(await ofOne('round', 0.35, scalar(0.1))).toBe(Math.floor(0.35 * 10 + 0.5) / 10)
    expect(await ofOne('round', 5, scalar(0))).toBe(Number.NaN)
  })
})

describe('clamp', () => {
  test('has no result where the bounds are crossed, step by step', async () => {
    const result = await call('clamp', [vector([{}, 5, 5]), scalar(0, 7), scalar(3, 6)], { steps: 2 })
    expect(shown(result)).toEqual([{ labels: {}, dropName: true, values: [3, undefined] }])
    expect(shown(await call('clamp', [vector([{}, 5]), scalar(7), scalar(6)]))).toEqual([])
  })

  test('is NaN for a bound that is NaN, except where an infinity decides', async () => {
    expect(await ofOne('clamp', 5, scalar(0), scalar(Number.NaN))).toBe(Number.NaN)
    expect(await ofOne('clamp_min', Number.NaN, scalar(3))).toBe(Number.NaN)
    expect(await ofOne('clamp_min', Number.NaN, scalar(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
    expect(await ofOne('clamp_max', Number.NaN, scalar(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('dates', () => {
  const at = (iso: string) => Date.parse(iso) / 1000
  test.each<[func: string, iso: string, expected: number]>([
    ['year', '1969-12-31T23:59:59Z', 1969],
    ['month', '2024-02-29T00:00:00Z', 2],
    ['day_of_month', '2024-02-29T23:59:59Z', 29],
    ['days_in_month', '2024-02-01T00:00:00Z', 29],
    ['days_in_month', '1900-02-01T00:00:00Z', 28],
    ['day_of_year', '2024-12-31T12:00:00Z', 366],
    ['day_of_week', '1970-01-01T00:00:00Z', 4],
    ['day_of_week', '1969-12-28T00:00:00Z', 0],
    ['hour', '1969-12-31T22:30:00Z', 22],
    ['minute', '2030-06-15T22:30:59Z', 30],
  ])('%s of %s is %d', async (func, iso, expected) => {
    expect(await ofOne(func, at(iso))).toBe(expected)
  })

  test('are those of the calendar on every day of 800 years', async () => {
    for (let day = -146_000; day < 146_000; day += 61) {
      const date = new Date(day * 86_400_000)
      expect(await ofOne('year', day * 86_400)).toBe(date.getUTCFullYear())
      expect(await ofOne('month', day * 86_400)).toBe(date.getUTCMonth() + 1)
      expect(await ofOne('day_of_month', day * 86_400)).toBe(date.getUTCDate())
    }
  })

  test('are of the evaluation time where nothing else is said, and NaN of what is no time', async () => {
    expect(shown(await call('minute', [], { steps: 3 }))).toEqual([{ labels: {}, dropName: false, values: [0, 1, 2] }])
    expect(await ofOne('year', Number.POSITIVE_INFINITY)).toBe(Number.NaN)
  })
})

test('time() follows the steps', async () => {
  expect(shown(await call('time', [], { steps: 2 }))).toEqual([0, 60])
})

test('scalar() is the one float of a step, vector() the other way round', async () => {
  const argument = vector([{ a: '1' }, 1, 1, histogram, undefined], [{ a: '2' }, undefined, 2, 3, histogram])
  expect(shown(await call('scalar', [argument], { steps: 4 }))).toEqual([1, Number.NaN, 3, Number.NaN])
  expect(shown(await call('vector', [scalar(7, 8)], { steps: 2 }))).toEqual([
    { labels: {}, dropName: false, values: [7, 8] },
  ])
})

test('absent() has the labels that equality fixes, at the steps without anything', async () => {
  const selector: VectorSelector = {
    type: 'vector',
    matchers: [
      { name: '__name__', op: '=', value: 'm' },
      { name: 'job', op: '=', value: 'api' },
      { name: 'host', op: '=~', value: 'h.*' },
      { name: 'twice', op: '=', value: 'a' },
      { name: 'twice', op: '=', value: 'b' },
    ],
    offsetMs: 0,
    span,
  }
  const argument = vector([{ a: '1' }, 1, undefined, undefined], [{ a: '2' }, undefined, undefined, histogram])
  expect(shown(await call('absent', [argument], { exprs: [selector], steps: 3 }))).toEqual([
    { labels: { job: 'api' }, dropName: false, values: [undefined, 1, undefined] },
  ])
})
