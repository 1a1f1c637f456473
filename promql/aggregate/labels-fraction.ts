import type { Label } from '../../schemas/series/series.js'

const fractions = new WeakMap<readonly Label[], number>()

/**
 * Where a label set falls between 0 and 1: its 64-bit hash as a part of all hashes. It is Prometheus's hash (xxHash64
 * of the names and values, each after its length), so that limit_ratio takes the same series there and here.
 */
export function labelsFraction(labels: readonly Label[]): number {
  let fraction = fractions.get(labels)
  if (fraction === undefined) {
    fraction = Number(xxHash64(encoded(labels))) / 2 ** 64
    fractions.set(labels, fraction)
  }
  return fraction
}

/** Prometheus's form of a label set: each text after its length in one byte, or in 255 and three bytes. */
function encoded(labels: readonly Label[]): Buffer {
  const parts: Buffer[] = []
  for (const text of labels.flat()) {
    const bytes = Buffer.from(text)
    const { length } = bytes
    parts.push(length < 255 ? Buffer.of(length) : Buffer.of(255, length, length >> 8, length >> 16), bytes)
  }
  return Buffer.concat(parts)
}

const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const PRIME_3 = 0x165667b19e3779f9n
const PRIME_4 = 0x85ebca77c2b2ae63n
const PRIME_5 = 0x27d4eb2f165667c5n

const u64 = (value: bigint) => BigInt.asUintN(64, value)
const rotated = (value: bigint, bits: bigint) => u64(value << bits) | (value >> (64n - bits))
const round = (lane: bigint, word: bigint) => u64(rotated(u64(lane + word * PRIME_2), 31n) * PRIME_1)
const merge = (hash: bigint, lane: bigint) => u64((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4)

/** xxHash64 with seed 0 (xxhash.com, "XXH64 algorithm description"). */
export function xxHash64(bytes: Buffer): bigint {
  let at = 0
  let hash = PRIME_5
  if (bytes.length >= 32) {
    let [a, b, c, d] = [u64(PRIME_1 + PRIME_2), PRIME_2, 0n, u64(-PRIME_1)]
    for (; at + 32 <= bytes.length; at += 32) {
      a = round(a, bytes.readBigUInt64LE(at))
      b = round(b, bytes.readBigUInt64LE(at + 8))
      c = round(c, bytes.readBigUInt64LE(at + 16))
      d = round(d, bytes.readBigUInt64LE(at + 24))
    }
    hash = u64(rotated(a, 1n) + rotated(b, 7n) + rotated(c, 12n) + rotated(d, 18n))
    for (const lane of [a, b, c, d]) hash = merge(hash, lane)
  }
  hash = u64(hash + BigInt(bytes.length))
  for (; at + 8 <= bytes.length; at += 8) {
    hash = u64(rotated(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * PRIME_1 + PRIME_4)
  }
  if (at + 4 <= bytes.length) {
    hash = u64(rotated(hash ^ u64(BigInt(bytes.readUInt32LE(at)) * PRIME_1), 23n) * PRIME_2 + PRIME_3)
    at += 4
  }
  for (; at < bytes.length; at++) hash = u64(rotated(hash ^ u64(BigInt(bytes[at]) * PRIME_5), 11n) * PRIME_1)
  hash = u64((hash ^ (hash >> 33n)) * PRIME_2)
  hash = u64((hash ^ (hash >> 29n)) * PRIME_3)
  return hash ^ (hash >> 32n)
}
