import { expect, test } from 'vitest'
import { ClosingHistory } from './closing-history.js'

test('says how far windows were closed when the log had been read to an offset, not how far they are now', () => {
  const history = new ClosingHistory(0)
  history.note(5, 10_000)
  history.note(9, 30_000)
  expect([4, 5, 8, 9].map((offset) => history.throughMs(offset))).toEqual([
    Number.NEGATIVE_INFINITY,
    10_000,
    10_000,
    30_000,
  ])
})

test('says nothing of what has not been read', () => {
  const history = new ClosingHistory(3)
  history.note(5, 10_000)
  expect(history.throughMs(6)).toBe(Number.NEGATIVE_INFINITY)
})

test('a partition without a record has no windows that anyone must wait for', () => {
  expect(new ClosingHistory(0).throughMs(0)).toBe(Number.POSITIVE_INFINITY)
  expect(new ClosingHistory(0).throughMs(1)).toBe(Number.NEGATIVE_INFINITY)
})

test('remembers the newest closings only', () => {
  const history = new ClosingHistory(0)
  for (let i = 1; i <= 10_000; i++) history.note(i, i * 10_000)
  expect(history.throughMs(10_000)).toBe(100_000_000)
  expect(history.throughMs(1)).toBe(Number.NEGATIVE_INFINITY)
})
