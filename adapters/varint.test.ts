import fc from 'fast-check'
import { expect, test } from 'vitest'
import { putVarint, varintLength } from './varint.js'

test('any whole number is read back, and takes as many bytes as was said', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = new Uint8Array(10)
      const length = putVarint(bytes, 0, value)
      expect(varintLength(value)).toBe(length)
      expect(bytes.subarray(0, length).findIndex((byte) => byte < 0x80)).toBe(length - 1)
      expect(bytes.reduceRight((rest, byte) => rest * 0x80 + (byte & 0x7f), 0)).toBe(value)
    }),
  )
})
