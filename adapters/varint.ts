/** Above this, bitwise operators do not see all of a number. */
const MOST_BITWISE = 0x7fffffff

/**
 * Writes a number in groups of seven bits, the lowest first (LEB128), as Protobuf and Kafka do.
 * @param value whole, 0 to 2^53 - 1
 * @returns where the next byte goes
 */
export function putVarint(into: Uint8Array, to: number, value: number): number {
  let rest = value
  for (; rest > MOST_BITWISE; rest = Math.floor(rest / 0x80)) into[to++] = (rest % 0x80) | 0x80
  for (; rest >= 0x80; rest >>>= 7) into[to++] = (rest & 0x7f) | 0x80
  into[to++] = rest
  return to
}

/** How many bytes {@link putVarint} writes. */
export function varintLength(value: number): number {
  let length = 1
  for (let least = 0x80; value >= least; least *= 0x80) length++
  return length
}
