import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import { describe, expect, test } from 'vitest'
import { type BatchRecord, encodeBatch } from './record-batch.js'

const facts = { codec: 0, producerId: '9007199254740993', producerEpoch: 3, firstSequence: 70_000 }
const gzip = async (plain: Buffer) => gzipSync(plain)

/** Zigzag varints and bytes from the start on. */
class Cursor {
  at = 0
  constructor(readonly bytes: Buffer) {}

  varint(): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n))
    }
  }

  take(length: number): Buffer {
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
}

/** The records of a batch that was not compressed, or is no more. */
function recordsOf(plain: Buffer, count: number, firstMs: number): BatchRecord[] {
  const cursor = new Cursor(plain)
  const records: BatchRecord[] = []
  for (let i = 0; i < count; i++) {
    const end = cursor.varint() + cursor.at
    expect(cursor.take(1)[0]).toBe(0)
    const timestamp = String(firstMs + cursor.varint())
    expect(cursor.varint()).toBe(i)
    expect(cursor.varint()).toBe(-1)
    records.push({ timestamp, value: cursor.take(cursor.varint()) })
    expect(cursor.varint()).toBe(0)
    expect(cursor.at).toBe(end)
  }
  expect(cursor.at).toBe(plain.length)
  return records
}

const anyRecords = fc.array(
  fc.record({
    value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    timestamp: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }).map(String),
  }),
  { minLength: 1, maxLength: 200 },
)

describe('a batch', () => {
  test.each([
    ['plain', undefined, (bytes: Buffer) => bytes],
    ['compressed', gzip, (bytes: Buffer) => gunzipSync(bytes)],
  ] as const)('holds its records, %s', async (_, compress, expand) => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        const batch = await encodeBatch(records, facts, compress)
        const firstMs = Math.min(...records.map(({ timestamp }) => Number(timestamp)))
        expect(recordsOf(expand(batch.subarray(61)), records.length, firstMs)).toEqual(records)
      }),
    )
  })

  test('says who made it, how many records it has and from when, and checks itself', async () => {
    const records = ['30', '10', '20'].map((timestamp) => ({ timestamp, value: Buffer.from(timestamp) }))
    const batch = await encodeBatch(records, { ...facts, codec: 1 }, gzip)
    expect(batch.readInt32BE(8)).toBe(batch.length - 12)
    expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)))
    expect([batch[16], batch.readInt16BE(21), batch.readInt32BE(23), batch.readInt32BE(57)]).toEqual([2, 1, 2, 3])
    expect([batch.readBigInt64BE(27), batch.readBigInt64BE(35)]).toEqual([10n, 30n])
    expect([batch.readBigInt64BE(43), batch.readInt16BE(51), batch.readInt32BE(53)]).toEqual([
      9007199254740993n,
      3,
      70_000,
    ])
  })

  test('does not change while others are made', async () => {
    const one = [{ timestamp: '1', value: Buffer.from('a'.repeat(100)) }]
    const other = [{ timestamp: '1', value: Buffer.from('b'.repeat(90)) }]
    const [first, second] = await Promise.all([encodeBatch(one, facts, gzip), encodeBatch(other, facts, gzip)])
    expect(recordsOf(gunzipSync(first.subarray(61)), 1, 1)).toEqual(one)
    expect(recordsOf(gunzipSync(second.subarray(61)), 1, 1)).toEqual(other)
  })
})
