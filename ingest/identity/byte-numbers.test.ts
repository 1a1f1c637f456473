import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteNumbers, hashBytes } from './byte-numbers.js'

fc.configureGlobal({ seed: 42 })

const text = (length: number) =>
  fc.array(fc.constantFrom(...'ab'), { maxLength: length }).map((parts) => parts.join(''))

test('runs are numbered in the order in which they were first seen, whatever stands around them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text(3), text(9), text(3)), { maxLength: 60 }), (runs) => {
      const numbers = new ByteNumbers()
      const known: string[] = []
      for (const [before, run, behind] of runs) {
        const source = Buffer.from(before + run + behind)
        const start = before.length
        const end = start + run.length
        const hash = hashBytes(source, start, end)
        expect(numbers.find(source, start, end, hash)).toBe(known.indexOf(run))
        if (!known.includes(run)) expect(numbers.add(source, start, end, hash)).toBe(known.push(run) - 1)
        for (const [number, other] of known.entries()) {
          expect(numbers.is(number, source, start, end)).toBe(other === run)
          const stands = (run + behind).startsWith(other)
          expect(numbers.behind(number, source, start)).toBe(stands ? start + other.length : -1)
        }
      }
      expect([numbers.count, numbers.byteCount]).toEqual([known.length, known.join('').length])
    }),
  )
})

test('thousands of long runs are found again; what was forgotten is not', () => {
  const numbers = new ByteNumbers()
  const runs = Array.from({ length: 5000 }, (_, i) => Buffer.from(`series ${i} `.repeat(4)))
  const hashOf = (run: Buffer) => hashBytes(run, 0, run.length)
  for (const run of runs) numbers.add(run, 0, run.length, hashOf(run))
  expect(runs.every((run, i) => numbers.find(run, 0, run.length, hashOf(run)) === i)).toBe(true)
  numbers.clear()
  expect(runs.some((run) => numbers.find(run, 0, run.length, hashOf(run)) !== -1)).toBe(false)
  expect(numbers.byteCount).toBe(0)
})
