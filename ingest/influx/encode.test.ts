import { expect, test } from 'vitest'
import { encodeLine, type LineValue } from './encode.js'

const field = (value: LineValue): string => encodeLine({ measurement: 'm', tags: [], fields: [['f', value]] })

test('a line is written with its escapes, types and time', () => {
  const line = encodeLine({
    measurement: 'c p,u=',
    tags: [
      ['a=b', 'x, y'],
      ['host', 'a'],
    ],
    fields: [
      ['f k', { float: 1.5 }],
      ['s', { string: 'say "hi"\n\\' }],
      ['b', { bool: true }],
    ],
    time: -5n,
  })
  expect(line).toBe(String.raw`c\ p\,u=,a\=b=x\,\ y,host=a f\ k=1.5,s="say \"hi\"\n\\",b=true -5`)
})

test('numbers are written as the reference encoder writes them', () => {
  expect([0, -0, 1, -0.64, 123456, 1234567, 0.0001, 0.00001, 5e-324, 1e100].map((float) => field({ float }))).toEqual(
    ['0', '-0', '1', '-0.64', '123456', '1.234567e+06', '0.0001', '1e-05', '5e-324', '1e+100'].map(
      (text) => `m f=${text}`,
    ),
  )
  expect(field({ int: -(2n ** 63n) })).toBe('m f=-9223372036854775808i')
  expect(field({ uint: 2n ** 64n - 1n })).toBe('m f=18446744073709551615u')
})

test.each([
  ['an empty name', () => encodeLine({ measurement: '', tags: [], fields: [['f', { float: 1 }]] })],
  ['a comment as a name', () => encodeLine({ measurement: '#m', tags: [], fields: [['f', { float: 1 }]] })],
  ['a control character', () => encodeLine({ measurement: 'm\n', tags: [], fields: [['f', { float: 1 }]] })],
  ['a trailing backslash', () => encodeLine({ measurement: 'm', tags: [['a', 'b\\']], fields: [['f', { float: 1 }]] })],
  ['half a surrogate pair', () => field({ string: '\ud800' })],
  ['no field', () => encodeLine({ measurement: 'm', tags: [], fields: [] })],
  ['NaN', () => field({ float: NaN })],
  ['65 bits', () => field({ int: 2n ** 63n })],
  ['a negative unsigned integer', () => field({ uint: -1n })],
  [
    'a repeated tag',
    () =>
      encodeLine({
        measurement: 'm',
        tags: [
          ['a', '1'],
          ['a', '2'],
        ],
        fields: [['f', { float: 1 }]],
      }),
  ],
])('%s cannot be written', (_, write) => {
  expect(write).toThrow(expect.objectContaining({ code: 'TM_LINE_SYNTAX' }))
})
