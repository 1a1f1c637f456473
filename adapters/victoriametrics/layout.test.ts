import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBooks, contentOf, frameOf, nextBook, SAMPLE_BYTES } from './layout.js'

const anyContent = fc.uint8Array({ maxLength: 100 })

test('a frame gives its content back, whatever lies behind it', () => {
  fc.assert(
    fc.property(anyContent, anyContent, (content, behind) => {
      const frame = frameOf(content)
      expect(frame.length % SAMPLE_BYTES).toBe(0)
      expect(contentOf(frame)).toEqual(content)
      expect(contentOf(Buffer.concat([frame, behind]))).toEqual(Buffer.from(content))
    }),
  )
})

test('a frame that lacks bytes, or has others, has no content', () => {
  fc.assert(
    fc.property(anyContent, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, change) => {
      const frame = frameOf(content)
      const samples = Math.ceil((12 + content.length) / SAMPLE_BYTES)
      for (let length = 0; length < (samples - 1) * SAMPLE_BYTES; length++) {
        expect(contentOf(frame.subarray(0, length))).toBeUndefined()
      }
      // Two bytes of the header and those that fill up the last sample say nothing.
      const place = at % (12 + content.length)
      if (place === 5 || place === 10 || place === 11) return
      frame[place] ^= change
      expect(contentOf(frame)).toBeUndefined()
    }),
  )
})

test('the next book comes before all others, even if their clocks were ahead', () => {
  expect(nextBook([], 1000, 7)).toBe('1000-7')
  expect(nextBook(['5-z', '2000-1', 'no book'], 1000, 7)).toBe('2001-7')
  const books = ['no book', '999-1', '2000-1', '2000-2', '10000-0']
  for (const shuffled of [books, books.slice().reverse()]) {
    expect(shuffled.slice().sort(compareBooks)).toEqual(['10000-0', '2000-2', '2000-1', '999-1', 'no book'])
  }
})
