import { expect, test } from 'vitest'
import { aligned } from './aligned.js'

test('bytes of any kind, from any address, can be read as columns and sliced into copies', () => {
  const memory = Buffer.alloc(64, 7)
  for (let offset = 0; offset < 16; offset++) {
    for (const bytes of [
      memory.subarray(offset, offset + 24),
      new Uint8Array(memory.buffer, memory.byteOffset + offset, 24),
    ]) {
      const found = aligned(bytes)
      expect(found.byteOffset % 8).toBe(0)
      expect([...found]).toEqual([...bytes])
      expect(found.slice().buffer).not.toBe(memory.buffer)
    }
  }
})
