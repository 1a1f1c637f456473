import { expect, test } from 'vitest'
import { labelsFraction, xxHash64 } from './labels-fraction.js'

test.each([
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['abc', 0x44bc2cf5ad770999n],
  ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
])('xxHash64 of "%s" is that of the reference', (text, expected) => {
  expect(xxHash64(Buffer.from(text))).toBe(expected)
})

test('label sets spread evenly between 0 and 1', () => {
  const fractions = Array.from({ length: 1000 }, (_, i) => labelsFraction([['i', String(i)]]))
  for (const bound of [0.1, 0.5, 0.9]) {
    const below = fractions.filter((fraction) => fraction < bound).length / 1000
    expect(Math.abs(below - bound)).toBeLessThan(0.05)
  }
})
