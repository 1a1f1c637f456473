import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Precision, parsePrecision, parseTimeMs } from './precision.js'

fc.configureGlobal({ seed: 42 })

const NANOSECONDS: Record<Precision, bigint> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const precisions = Object.keys(NANOSECONDS) as Precision[]
const parse = (text: string, precision: Precision): number => parseTimeMs(Buffer.from(text), 0, text.length, precision)

test('any 64-bit time becomes the whole millisecond at or before it', () => {
  const time = fc.oneof(
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
    fc.bigInt({ min: -5_000_000n, max: 5_000_000n }),
  )
  fc.assert(
    fc.property(time, fc.constantFrom(...precisions), (value, precision) => {
      const ns = value * NANOSECONDS[precision]
      const fits = ns >= -(2n ** 63n) && ns < 2n ** 63n
      const floor = ns / 1_000_000n - (ns < 0n && ns % 1_000_000n !== 0n ? 1n : 0n)
      expect(parse(String(value), precision)).toBe(fits ? Number(floor) : NaN)
    }),
    { numRuns: 3000 },
  )
})

test('leading zeros change nothing', () => {
  expect(parse('00000000000000000001600000000000999999', 'ns')).toBe(1_600_000_000_000)
})

test.each(['', '-', '--1', '1-2', '1.5', '1e9'])('%j is no time', (text) => {
  expect(parse(text, 'ns')).toBe(NaN)
})

test('a precision may be spelt as in either version of the API', () => {
  expect(['n', 'ns', 'u', 'us', 'µ', 'µs', 'μs', 'ms', 's', 'm', 'h'].map(parsePrecision)).toEqual([
    'ns',
    'ns',
    'us',
    'us',
    'us',
    'us',
    'us',
    'ms',
    's',
    'm',
    'h',
  ])
  expect(parsePrecision('d')).toBeUndefined()
  expect(parsePrecision('')).toBeUndefined()
})
