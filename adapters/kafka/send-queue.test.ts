import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RECORD_OVERHEAD_BYTES, requestLength } from './send-queue.js'

const limits = { requestBytes: 1000, partitionBytes: 400, records: 5 }
const sized = (partition: number, bytes: number) => ({
  partition,
  value: Buffer.alloc(Math.max(0, bytes - RECORD_OVERHEAD_BYTES)),
})

test('a request takes as many records as fit, at least one, and a record over the limit goes alone', () => {
  const anyRecord = fc.record({ partition: fc.nat(2), bytes: fc.integer({ min: 32, max: 600 }) })
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), (records) => {
      const queue = records.map(({ partition, bytes }) => sized(partition, bytes))
      const length = requestLength(queue, limits)
      expect(length).toBeGreaterThanOrEqual(1)
      const fits = (count: number) => {
        const taken = records.slice(0, count)
        const sum = (of: typeof taken) => of.reduce((total, { bytes }) => total + bytes, 0)
        return (
          count <= limits.records &&
          sum(taken) <= limits.requestBytes &&
          [0, 1, 2].every((p) => sum(taken.filter(({ partition }) => partition === p)) <= limits.partitionBytes)
        )
      }
      if (length > 1) expect(fits(length)).toBe(true)
      if (length < records.length) expect(fits(length + 1)).toBe(false)
    }),
  )
})

test('limits hold at the byte', () => {
  expect(requestLength([sized(0, 200), sized(0, 200)], limits)).toBe(2)
  expect(requestLength([sized(0, 200), sized(0, 201)], limits)).toBe(1)
  expect(requestLength([sized(0, 400), sized(1, 400), sized(2, 200)], limits)).toBe(3)
  expect(requestLength([sized(0, 400), sized(1, 400), sized(2, 201)], limits)).toBe(2)
  expect(requestLength(Array(9).fill(sized(0, 40)), limits)).toBe(5)
})
