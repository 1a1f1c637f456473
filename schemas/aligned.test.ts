import { expect, test } from 'vitest'
import { AlignedRoom, aligned } from './aligned.js'

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

test('bytes that are copied into room lie there until the next', () => {
  const memory = Buffer.from(Uint8Array.from({ length: 64 }, (_, i) => i))
  const room = new AlignedRoom()
  for (const [from, to] of [
    [1, 25],
    [3, 60],
    [5, 9],
  ]) {
    const found = aligned(memory.subarray(from, to), room)
    expect(found.byteOffset % 8).toBe(0)
    expect([...found]).toEqual([...memory.subarray(from, to)])
  }
})
