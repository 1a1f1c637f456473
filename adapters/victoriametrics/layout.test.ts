import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameOf, readFrame, SAMPLE_BYTES } from './layout.js'

const anyBytes = fc.uint8Array({ maxLength: 100 })
const anyFramed = fc.record({ content: anyBytes, stampMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }) })
/** Bytes before the content. */
const HEADER = 18

test('a frame gives back what it holds, whatever lies behind it', () => {
  fc.assert(
    fc.property(anyFramed, anyBytes, ({ content, stampMs }, behind) => {
      const frame = frameOf({ content, stampMs })
      expect(frame.length % SAMPLE_BYTES).toBe(0)
      const read = readFrame(Buffer.concat([frame, behind]))
      expect(read && { ...read, content: [...read.content] }).toEqual({ content: [...content], stampMs })
    }),
  )
})

test('a frame that lacks samples, or has another byte, is none', () => {
  fc.assert(
    fc.property(anyFramed, fc.nat(), fc.integer({ min: 1, max: 255 }), (framed, at, change) => {
      const frame = frameOf(framed)
      for (let length = 0; length < frame.length; length += SAMPLE_BYTES) {
        expect(readFrame(frame.subarray(0, length))).toBeUndefined()
      }
      const place = at % (HEADER + framed.content.length)
      // Behind the checksum two bytes say nothing.
      if (place === 10 || place === 11) return
      frame[place] ^= change
      expect(readFrame(frame)).toBeUndefined()
    }),
  )
})
