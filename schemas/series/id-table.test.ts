import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdTable } from './id-table.js'

const half = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffffffff }))
const id = fc.tuple(half, half)

test('gives ids the indexes 0, 1, 2 … in order of insertion, and finds them again, however many collide', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), fc.array(fc.nat(300)), (ids, guesses) => {
      const table = new IdTable(0)
      const expected = new Map<string, number>()
      ids.forEach(([low, high], i) => {
        const key = `${low}:${high}`
        if (!expected.has(key)) expected.set(key, expected.size)
        expect(table.add(low, high, guesses[i] ?? -1)).toBe(expected.get(key))
      })
      expect(table.size).toBe(expected.size)
      for (const [low, high] of ids) expect(table.find(low, high)).toBe(expected.get(`${low}:${high}`))
    }),
  )
})

test('does not find what was not added', () => {
  const table = new IdTable()
  table.add(1, 2)
  expect(table.find(2, 1)).toBe(-1)
  expect(table.find(0, 0)).toBe(-1)
})

test('grows beyond what it was made for', () => {
  const table = new IdTable(1)
  for (let i = 0; i < 10_000; i++) table.add(i * 4096, i)
  expect(table.size).toBe(10_000)
  expect(table.find(9_999 * 4096, 9_999)).toBe(9_999)
})
