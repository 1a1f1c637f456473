/** CRC-32C (Castagnoli) reflected, as RFC 3720 has it. */
const POLYNOMIAL = 0x82f63b78

/** Four tables: one step takes four bytes. */
const TABLES = tables()

/** The CRC-32C of bytes: what Kafka checks batches of records by. */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES
  const wordsEnd = bytes.length - (bytes.length % 4)
  let crc = -1
  let i = 0
  for (; i < wordsEnd; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    crc = t3[crc & 0xff] ^ t2[(crc >>> 8) & 0xff] ^ t1[(crc >>> 16) & 0xff] ^ t0[crc >>> 24]
  }
  for (; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  return ~crc >>> 0
}

function tables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    return crc
  })
  const all = [first]
  for (let n = 1; n < 4; n++) all.push(all[n - 1].map((crc) => first[crc & 0xff] ^ (crc >>> 8)))
  return all
}
