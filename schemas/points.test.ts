import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareValues, isEvent, isStaleAt, Kind, kindWord, markStaleAt, wordsOf } from './points.js'

describe('staleness markers', () => {
  test('are told from every other NaN, wherever the column begins', () => {
    const values = new Float64Array(4).subarray(1)
    values.set([1, Number.NaN, 0])
    const words = wordsOf(values)
    markStaleAt(words, 2)
    expect([0, 1, 2].map((i) => isStaleAt(words, i))).toEqual([false, false, true])
    expect(values[2]).toBeNaN()
    expect(new BigUint64Array(values.slice().buffer)[2]).toBe(0x7ff0000000000002n)
  })
})

describe('of two values at one time', () => {
  const rising: [value: number, stale: boolean][] = [
    [Number.NaN, true],
    [Number.NaN, false],
    [Number.NEGATIVE_INFINITY, false],
    [-1, false],
    [-0, false],
    [0, false],
    [5e-324, false],
    [Number.POSITIVE_INFINITY, false],
  ]

  test('the larger wins: a marker loses to NaN, NaN to any number, -0 to 0', () => {
    for (const [i, a] of rising.entries()) {
      for (const [j, b] of rising.entries()) expect(Math.sign(compareValues(...a, ...b))).toBe(Math.sign(i - j))
    }
  })

  test('the order is total, so that the order of arrival never decides', () => {
    const value = fc.oneof(
      fc.constantFrom(...rising),
      fc.tuple(fc.double({ noNaN: true }), fc.constant(false as boolean)),
    )
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const order = (list: [number, boolean][]) => [...list].sort((a, b) => compareValues(...a, ...b))
        const same = order([...values].reverse())
        expect(order(values).every(([v, stale], i) => Object.is(v, same[i][0]) && stale === same[i][1])).toBe(true)
      }),
    )
  })
})

test('kinds are samples or events', () => {
  expect([Kind.Sample, Kind.EventCounter, Kind.EventTimer].map(isEvent)).toEqual([false, true, true])
  expect([Kind.Sample, Kind.EventCounter, Kind.EventTimer].map(kindWord)).toEqual(['sample', 'event', 'event'])
})
