import { describe, expect, test } from 'vitest'
import { expiredSilence, type Silence, setSilence, silenceState } from './silence.js'

const NOW = 10_000
const silence: Silence = {
  id: 'old',
  matchers: [{ name: 'a', op: '=', value: 'b' }],
  startsMs: 5000,
  endsMs: 20_000,
  createdBy: 'ann',
  comment: 'known',
  updatedMs: 5000,
}
const pending = { ...silence, startsMs: 15_000 }
const { id: _, updatedMs: __, ...wanted } = silence

test.each([
  [4999, 'pending'],
  [5000, 'active'],
  [19_999, 'active'],
  [20_000, 'expired'],
])('at %i it is %s', (nowMs, state) => {
  expect(silenceState(silence, nowMs)).toBe(state)
})

test('ending it leaves what was as it was', () => {
  expect(expiredSilence(silence, NOW)).toEqual({ ...silence, endsMs: NOW, updatedMs: NOW })
  expect(expiredSilence(pending, NOW)).toEqual({ ...pending, startsMs: NOW, endsMs: NOW, updatedMs: NOW })
  expect(expiredSilence(silence, 30_000)).toBe(silence)
})

test('a new one starts now at the earliest: it never says that it muted before it was made', () => {
  expect(setSilence({ ...wanted, startsMs: 1 }, undefined, NOW, 'new')).toEqual([
    { ...silence, id: 'new', startsMs: NOW, updatedMs: NOW },
  ])
})

describe('changing it', () => {
  const ids = (before: Silence, change: Partial<Silence>) =>
    setSilence({ ...before, ...change }, before, NOW, 'new').map(({ id, endsMs }) => `${id} until ${endsMs}`)

  test.each<[string, Silence, Partial<Silence>, string[]]>([
    ['its end, while it mutes', silence, { endsMs: 99_000 }, ['old until 99000']],
    ['its words', silence, { comment: 'fixed soon' }, ['old until 20000']],
    ['its start, while it mutes', silence, { startsMs: 15_000 }, ['new until 20000', 'old until 10000']],
    [
      'its matchers',
      silence,
      { matchers: [{ name: 'a', op: '!=', value: 'b' }] },
      ['new until 20000', 'old until 10000'],
    ],
    ['its start, while it is to come', pending, { startsMs: 12_000 }, ['old until 20000']],
    [
      'its matchers, while it is to come',
      pending,
      { matchers: [{ name: 'c', op: '=', value: 'd' }] },
      ['new until 20000', 'old until 10000'],
    ],
    ['one that is over', { ...silence, endsMs: 8000 }, { endsMs: 30_000 }, ['new until 30000', 'old until 8000']],
  ])('%s', (_what, before, change, expected) => {
    expect(ids(before, change)).toEqual(expected)
  })
})
