import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUtf8Between } from './utf8.js'

fc.configureGlobal({ seed: 42 })

const edges = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
]

test('it agrees with node on any bytes', () => {
  const bytes = fc.array(fc.oneof(fc.constantFrom(...edges), fc.nat(255)), { maxLength: 8 })
  fc.assert(
    fc.property(bytes, (list) => {
      const source = Uint8Array.from([0xff, ...list, 0xff])
      expect(isUtf8Between(source, 1, source.length - 1)).toBe(isUtf8(Uint8Array.from(list)))
    }),
    { numRuns: 5000 },
  )
})
