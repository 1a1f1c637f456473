import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import { putVarint, varintLength } from '../varint.js'

/**
 * A batch of records of one partition as it lies in Kafka (kafka.apache.org/documentation, "Record Batch", magic 2):
 * a head of 61 bytes, big-endian, then the records, compressed together.
 */
const HEAD_BYTES = 61
/** What the length at 8 does not count: itself and what stands before it. */
const UNCOUNTED_BYTES = 12
const MAGIC = 2
/** The checksum covers what follows it. */
const CHECKED_FROM = 21

/** A record of a batch. */
export interface BatchRecord {
  value: Buffer
  /** When it was made, ms since the epoch, in decimal. */
  timestamp: string
}

/** What a batch says of itself. */
export interface BatchFacts {
  /** Number of the codec in the protocol; 0 for none. */
  codec: number
  producerId: string | number
  producerEpoch: number
  /** Place of its first record in what the producer sends to the partition. */
  firstSequence: number
}

/** Compresses the records of a batch; undefined leaves them as they are. */
export type CompressRecords = ((records: Buffer) => Promise<Buffer>) | undefined

/** The bytes of a batch. */
export async function encodeBatch(
  records: readonly BatchRecord[],
  facts: BatchFacts,
  compress: CompressRecords,
): Promise<Buffer> {
  const times = records.map(({ timestamp }) => Number(timestamp))
  const firstMs = Math.min(...times)
  const sizes = records.map(({ value }, i) => bodySize(value.length, times[i] - firstMs, i))
  const size = sizes.reduce((total, body) => total + varintLength(2 * body) + body, 0)
  let batch: Buffer
  if (compress) {
    const plain = scratch.take(size)
    try {
      putRecords(plain, 0, records, sizes, times, firstMs)
      const packed = await compress(plain.subarray(0, size))
      batch = Buffer.allocUnsafe(HEAD_BYTES + packed.length)
      batch.set(packed, HEAD_BYTES)
    } finally {
      scratch.give(plain)
    }
  } else {
    batch = Buffer.allocUnsafe(HEAD_BYTES + size)
    putRecords(batch, HEAD_BYTES, records, sizes, times, firstMs)
  }
  putHead(batch, records.length, firstMs, Math.max(...times), facts)
  return batch
}

function putHead(batch: Buffer, records: number, firstMs: number, lastMs: number, facts: BatchFacts): void {
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - UNCOUNTED_BYTES, 8)
  // The leader's epoch is the broker's to say.
  batch.writeInt32BE(0, 12)
  batch.writeInt8(MAGIC, 16)
  batch.writeInt16BE(facts.codec, 21)
  batch.writeInt32BE(records - 1, 23)
  batch.writeBigInt64BE(BigInt(firstMs), 27)
  batch.writeBigInt64BE(BigInt(lastMs), 35)
  batch.writeBigInt64BE(BigInt(facts.producerId), 43)
  batch.writeInt16BE(facts.producerEpoch, 51)
  batch.writeInt32BE(facts.firstSequence, 53)
  batch.writeInt32BE(records, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), 17)
}

/** Each record: its length, attributes, time and offset less the first ones, no key, the value, no headers. */
function putRecords(
  into: Buffer,
  from: number,
  records: readonly BatchRecord[],
  sizes: readonly number[],
  times: readonly number[],
  firstMs: number,
): void {
  let at = from
  for (let i = 0; i < records.length; i++) {
    const { value } = records[i]
    at = putVarint(into, at, 2 * sizes[i])
    into[at++] = 0
    at = putVarint(into, at, 2 * (times[i] - firstMs))
    at = putVarint(into, at, 2 * i)
    into[at++] = NO_KEY
    at = putVarint(into, at, 2 * value.length)
    into.set(value, at)
    at += value.length
    into[at++] = 0
  }
}

/** A length of -1, zigzagged as all numbers of a record are; those that are not negative are doubled by that. */
const NO_KEY = 1

function bodySize(valueLength: number, timeDelta: number, offsetDelta: number): number {
  return 3 + varintLength(2 * timeDelta) + varintLength(2 * offsetDelta) + varintLength(2 * valueLength) + valueLength
}

/** Memory that batches are put together in, used again and again: what is allocated anew each time brings on collections of garbage. */
class Scratch {
  readonly #spare: Buffer[] = []

  take(bytes: number): Buffer {
    const spare = this.#spare.pop()
    return spare && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(Math.ceil(bytes * HEADROOM))
  }

  give(buffer: Buffer): void {
    if (this.#spare.length < MOST_SPARE && buffer.length <= LARGEST_SPARE) this.#spare.push(buffer)
  }
}

/** The next batch may be somewhat larger. */
const HEADROOM = 1.25
const MOST_SPARE = 4
const LARGEST_SPARE = 8 << 20
const scratch = new Scratch()
