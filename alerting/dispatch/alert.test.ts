import { describe, expect, test } from 'vitest'
import { compareAlerts, fingerprintOf, type HeldAlert, heldAlert, mergedAlert } from './alert.js'

const NOW = 100
const alert = (fields: Partial<HeldAlert>): HeldAlert => ({
  fingerprint: 'f',
  labels: { alertname: 'a' },
  annotations: {},
  startsMs: 10,
  endsMs: 200,
  updatedMs: 50,
  isTimeout: false,
  ...fields,
})

describe('times that are left out', () => {
  const told = (times: { startsMs?: number; endsMs?: number }) => {
    const { startsMs, endsMs, isTimeout } = heldAlert({ labels: { a: 'b' }, annotations: {}, ...times }, NOW, 1000)
    return { startsMs, endsMs, isTimeout }
  }

  test.each([
    [{}, { startsMs: NOW, endsMs: NOW + 1000, isTimeout: true }],
    [{ startsMs: 5 }, { startsMs: 5, endsMs: NOW + 1000, isTimeout: true }],
    [{ endsMs: 70 }, { startsMs: 70, endsMs: 70, isTimeout: false }],
    [
      { startsMs: 5, endsMs: 70 },
      { startsMs: 5, endsMs: 70, isTimeout: false },
    ],
  ])('%o', (times, expected) => {
    expect(told(times)).toEqual(expected)
  })
})

test('labels without a value are none, and the order of labels is of no account', () => {
  const { labels, fingerprint } = heldAlert({ labels: { b: '2', a: '1', c: '' }, annotations: {} }, NOW, 1)
  expect(labels).toEqual({ b: '2', a: '1' })
  expect(fingerprint).toBe(fingerprintOf({ a: '1', b: '2' }))
  expect(fingerprint).not.toBe(fingerprintOf({ a: '1', b: '3' }))
})

test.each([
  [{}, 'label'],
  [{ a: '' }, 'label'],
  [{ '': 'x' }, 'name'],
  [{ a: '\ud800' }, 'UTF-8'],
  [{ a: '\0' }, 'null'],
])('%o cannot be the labels of an alert', (labels, reason) => {
  expect(() => heldAlert({ labels, annotations: {} }, NOW, 1)).toThrow(reason)
})

describe('of two tellings of one stretch', () => {
  test.each<[string, Partial<HeldAlert>, Partial<HeldAlert>, Partial<HeldAlert>]>([
    ['the earlier start counts', { startsMs: 10 }, { startsMs: 20 }, { startsMs: 10 }],
    ['also if it is told later', { startsMs: 20 }, { startsMs: 10, endsMs: 150 }, { startsMs: 10, endsMs: 200 }],
    ['the later end of two that are over counts', { endsMs: 90 }, { startsMs: 20, endsMs: 80 }, { endsMs: 90 }],
    ['an end that is over ends what fires', { endsMs: 200 }, { endsMs: 90 }, { endsMs: 90 }],
    [
      'an end that was told outlasts one that was not',
      { endsMs: 200 },
      { endsMs: 150, isTimeout: true },
      { endsMs: 200 },
    ],
    ['silence does not', { endsMs: 200, isTimeout: true }, { endsMs: 150 }, { endsMs: 150 }],
  ])('%s', (_, before, told, expected) => {
    expect(mergedAlert(alert(before), alert({ updatedMs: 60, ...told }), NOW)).toMatchObject(expected)
  })

  test('annotations are those of the younger, in whatever order they come', () => {
    const [older, younger] = [
      alert({ annotations: { a: '1' } }),
      alert({ annotations: { a: '2' }, startsMs: 20, updatedMs: 60 }),
    ]
    for (const pair of [
      [older, younger],
      [younger, older],
    ]) {
      const { annotations } = mergedAlert(pair[0], { ...pair[1], startsMs: 25 }, NOW)
      expect(annotations).toEqual({ a: '2' })
    }
  })
})

test('what starts after the end of what was known is another stretch', () => {
  const merged = mergedAlert(
    alert({ startsMs: 10, endsMs: 40 }),
    alert({ startsMs: 60, endsMs: 300, updatedMs: 90 }),
    NOW,
  )
  expect(merged).toMatchObject({ startsMs: 60, endsMs: 300 })
})

test('alerts of a group are in the order of job, instance, then all labels', () => {
  const sets: Record<string, string>[] = [
    { a: 'z' },
    { instance: '1' },
    { job: 'b' },
    { job: 'a', instance: '2' },
    { a: 'y' },
    { job: 'a', instance: '1' },
  ]
  const sorted = sets.map((labels) => ({ labels })).sort(compareAlerts)
  expect(sorted.map(({ labels }) => Object.values(labels).join())).toEqual(['a,1', 'a,2', 'b', '1', 'y', 'z'])
})
