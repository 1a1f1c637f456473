import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDecimal } from './decimal.js'

fc.configureGlobal({ seed: 42 })

const parse = (text: string): number => {
  const bytes = Buffer.from(`<${text}>`)
  return parseDecimal(bytes, 1, bytes.length - 1)
}

test.each([
  ['0', 0],
  ['-0', -0],
  ['-0.000', -0],
  ['-0e500', -0],
  ['42', 42],
  ['+42', 42],
  ['-1.5', -1.5],
  ['.5', 0.5],
  ['5.', 5],
  ['-.5e1', -5],
  ['1e22', 1e22],
  ['1E+3', 1000],
  ['1e-22', 1e-22],
  ['007', 7],
  ['9007199254740993', 9007199254740992],
  ['9007199254740989', 9007199254740989],
  ['0.1000000000000000055511151231257827021181583404541015625', 0.1],
  ['2.2250738585072011e-308', 2.225073858507201e-308],
  ['5e-324', 5e-324],
  ['1.7976931348623157e308', Number.MAX_VALUE],
  ['1e309', Infinity],
  ['-1e99999999999', -Infinity],
  ['1e-99999999999', 0],
])('%s is read as %d', (text, value) => {
  expect(parse(text)).toBe(value)
})

test.each([
  '',
  '.',
  '+',
  '-',
  '-.',
  'e5',
  '.e5',
  '1e',
  '1e+',
  '1e5.',
  '1.2.3',
  '--1',
  '1-',
  ' 1',
  '1 ',
  '1_000',
  '0x1f',
  'inf',
  'NaN',
  '1f',
  '1e5e5',
  '1,5',
  '١',
])('%j is no decimal', (text) => {
  expect(parse(text)).toBe(NaN)
})

test('every float survives being written in any of the usual ways', () => {
  const writers = [
    String,
    (x: number) => x.toExponential(),
    (x: number) => x.toPrecision(17),
    (x: number) => x.toFixed(6),
  ]
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(...writers), (value, write) => {
      const text = write(value)
      expect(parse(text)).toBe(Number(text))
    }),
    { numRuns: 2000 },
  )
})

test('numbers at and beside the middle of two floats are rounded to the nearer, or to the even one', () => {
  const odd = fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }).map((n) => 2n * n + 1n)
  fc.assert(
    fc.property(odd, fc.integer({ min: 0, max: 6 }), fc.integer({ min: -2, max: 2 }), (half, places, beside) => {
      // Of 54 bits the last one lies half-way; it is written with some decimal places.
      const digits = (half * 10n ** BigInt(places) + BigInt(beside)).toString()
      const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
      expect(parse(text)).toBe(Number(text))
    }),
    { numRuns: 2000 },
  )
})

test('any text of the alphabet of numbers is read as Number reads it, or not at all', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0123456789.eE+-'), minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(text, (written) => {
      expect(parse(written)).toBe(Number(written))
    }),
    { numRuns: 2000 },
  )
})
