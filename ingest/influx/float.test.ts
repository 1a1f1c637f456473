import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFloatField } from './float.js'

fc.configureGlobal({ seed: 42 })

const parse = (text: string): number => parseFloatField(Buffer.from(text), 0, Buffer.byteLength(text))

test.each([
  ['-1.5e3', -1500],
  ['1_000', 1000],
  ['-1_23.50_0_0e+1_2', -1.235e14],
  ['0x1p-2', 0.25],
  ['-0x1.8p3', -12],
  ['0X_1_2.3_4p+1_2', 0x1234 * 16],
  ['0x.8p1', 1],
  ['0x0p5000', 0],
  ['0x1p-1074', 5e-324],
  ['0x1p-1075', 0],
  ['0x1.8p-1075', 5e-324],
  ['0x1.fffffffffffffp1023', Number.MAX_VALUE],
  ['0x1.fffffffffffff7p1023', Number.MAX_VALUE],
  ['0x1p1024', Infinity],
  ['0x1.00000000000008p0', 1],
  ['0x1.00000000000018p0', 1.0000000000000004],
])('%s is read as %d', (text, value) => {
  expect(parse(text)).toBe(value)
})

test.each([
  '0x1',
  '0x1.8',
  '0xp1',
  '0x.p1',
  '_1',
  '1_',
  '1__0',
  '1_.5',
  '1._5',
  '1.5_e1',
  '1e_1',
  '1_0x',
  '-',
  'inf',
  'NaN',
  '_',
])('%j is no float', (text) => {
  expect(parse(text)).toBe(NaN)
})

test('every float survives being written in hexadecimal', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(parse(hexadecimal(value))).toBe(value)
    }),
  )
})

function hexadecimal(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = (bits & (2n ** 52n - 1n)).toString(16).padStart(13, '0')
  const sign = bits >> 63n === 1n ? '-' : ''
  return exponent === 0 ? `${sign}0x0.${fraction}p-1022` : `${sign}0x1.${fraction}p${exponent - 1023}`
}
