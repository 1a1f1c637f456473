import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import { expect, test } from 'vitest'

const bytes = (length: number, byteAt: (i: number) => number) => Uint8Array.from({ length }, (_, i) => byteAt(i))

// The first is the check value of the algorithm, the others stand in RFC 3720, B.4.
test.each([
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['32 bytes of zeros', bytes(32, () => 0), 0x8a9136aa],
  ['32 bytes of ones', bytes(32, () => 0xff), 0x62a8ab43],
  ['32 ascending bytes', bytes(32, (i) => i), 0x46dd794e],
  ['32 descending bytes', bytes(32, (i) => 31 - i), 0x113fdb5c],
  ['nothing', new Uint8Array(0), 0],
])('the checksum of %s is that of the standard', (_, input, expected) => {
  expect(crc32c(input)).toBe(expected)
})
