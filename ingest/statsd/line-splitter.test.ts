import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from './line-splitter.js'

function split(chunks: string[], maxBytes = 10) {
  const told: string[] = []
  const splitter = new LineSplitter(maxBytes, {
    lines: (bytes, firstLine) => {
      const lines = Buffer.from(bytes).toString().split('\n')
      if (lines[lines.length - 1] === '') lines.pop()
      lines.forEach((line, i) => {
        told.push(`${firstLine + i} ${line}`)
      })
    },
    tooLong: (line) => told.push(`${line} too long`),
  })
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return told
}

test('lines are whole however they were cut, and the last needs no newline', () => {
  expect(split(['a:1|', 'c\nb:2', '|c', '\n', 'c:3|c'])).toEqual(['1 a:1|c', '2 b:2|c', '3 c:3|c'])
})

test('a line at the limit is kept, one byte more is left out, and reading goes on at the next newline', () => {
  expect(split(['1234567890\n12345678901\nok\n'])).toEqual(['1 1234567890', '2 too long', '3 ok'])
  expect(split(['123456', '78901', '2345\nok\n', 'x'])).toEqual(['1 too long', '2 ok', '3 x'])
  expect(split(['12345678901'])).toEqual(['1 too long'])
})

test('cutting the stream anywhere changes nothing', () => {
  const text = fc.array(fc.constantFrom('a', 'bb', '\n', 'cccccc'), { maxLength: 40 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, fc.array(fc.nat(120), { maxLength: 8 }), (whole, cuts) => {
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length]
      const chunks = at.slice(1).map((end, i) => whole.slice(at[i], end))
      expect(split(chunks)).toEqual(split([whole]))
    }),
  )
})
