import { expect, test } from 'vitest'
import { textTable, timeText } from './text-table.js'

test('columns are as wide as their widest cell, numbers stand to the right under their heads', () => {
  expect(
    textTable(
      ['name', 'points'],
      [
        ['a', 1_000],
        ['longer', 5],
      ],
    ),
  ).toBe('name    points\na        1,000\nlonger       5')
})

test('a table without rows is its head', () => {
  expect(textTable(['name', 'points'], [])).toBe('name  points')
})

test('a moment is written to the ms only where it has any; none is a dash', () => {
  expect(timeText(Date.parse('2026-01-31T12:00:00Z'))).toBe('2026-01-31 12:00:00Z')
  expect(timeText(Date.parse('2026-01-31T12:00:00.250Z'))).toBe('2026-01-31 12:00:00.250Z')
  expect([timeText(undefined), timeText(Number.NaN), timeText(Number.NEGATIVE_INFINITY), timeText(9e15)]).toEqual([
    '-',
    '-',
    '-',
    '-',
  ])
})
