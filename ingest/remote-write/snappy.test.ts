import { compressSync } from 'snappy'
import { describe, expect, test } from 'vitest'
import { unsnappy } from './snappy.js'

const text = new TextEncoder().encode('tidemark '.repeat(1000))

describe('snappy bodies', () => {
  test('come back as they were', () => {
    expect(Buffer.from(unsnappy(compressSync(text), text.length)).equals(text)).toBe(true)
  })

  test('the block format by hand: length 5, a literal of 5', () => {
    expect(Buffer.from(unsnappy(Uint8Array.of(5, 4 << 2, 104, 101, 108, 108, 111), 5)).toString()).toBe('hello')
  })

  test('of one byte more than the limit are refused before they are decompressed', () => {
    expect(() => unsnappy(compressSync(text), text.length - 1)).toThrow(
      expect.objectContaining({ code: 'TM_BODY_INFLATED_TOO_LARGE', status: 413 }),
    )
  })

  test('that claim more than their bytes can hold get no memory', () => {
    expect(() => unsnappy(Uint8Array.of(0xff, 0xff, 0xff, 0x3f, 0, 0), 2 ** 30)).toThrow(
      /6 bytes cannot hold the 134217727 bytes/,
    )
  })

  test.each([
    ['empty', []],
    ['an endless length', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['cut short', [...compressSync(text).subarray(0, 20)]],
    ['not snappy at all', [...new TextEncoder().encode('{"a":1}')]],
  ])('that are damaged (%s) are an error, not a crash', (_, bytes) => {
    expect(() => unsnappy(Uint8Array.from(bytes), 1 << 20)).toThrow(
      expect.objectContaining({ code: 'TM_BODY_ENCODING' }),
    )
  })
})
