import fc from 'fast-check'
import { expect, test } from 'vitest'
import { INT64, parseInteger, UINT64 } from './integer.js'

fc.configureGlobal({ seed: 42 })

const parse = (text: string, range = INT64): number => {
  const bytes = Buffer.from(`<${text}>`)
  return parseInteger(bytes, 1, bytes.length - 1, range)
}

test('the ends of 64 bits are read, one further is not', () => {
  expect(parse('9223372036854775807')).toBe(2 ** 63)
  expect(parse('9223372036854775808')).toBe(NaN)
  expect(parse('-9223372036854775808')).toBe(-(2 ** 63))
  expect(parse('-9223372036854775809')).toBe(NaN)
  expect(parse('18446744073709551615', UINT64)).toBe(2 ** 64)
  expect(parse('18446744073709551616', UINT64)).toBe(NaN)
})

test('an unsigned integer takes no minus', () => {
  expect(parse('-1', UINT64)).toBe(NaN)
  expect(parse('-0', UINT64)).toBe(NaN)
})

test('leading zeros change nothing', () => {
  expect(parse('0000000000000000000000000000042')).toBe(42)
  expect(parse('-0009223372036854775808')).toBe(-(2 ** 63))
})

test.each(['', '-', '--1', '+1', '1.0', '1e3', '0x1', '1_0', '123456789012345678a', '1-'])(
  '%j is no integer',
  (text) => {
    expect(parse(text)).toBe(NaN)
  },
)

test('every 64-bit integer is read as the nearest float', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(parse(String(value))).toBe(Number(value))
    }),
  )
})
