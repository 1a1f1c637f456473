/**
 * Writes the protobuf wire format. Every call writes its field, a zero too: whether a default is left out is a matter
 * of the message, so its caller decides.
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** What was written so far, copied. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** A varint field of type uint32, uint64, bool or enum; whole, 0 to 2^53. */
  uint64(field: number, value: number): void {
    this.#varint(field * 8)
    this.#varint(value)
  }

  /** A varint field of type int32 or int64. */
  int64(field: number, value: number | bigint): void {
    this.#varint(field * 8)
    this.#bigVarint(BigInt.asUintN(64, BigInt(value)))
  }

  /** A varint field of type sint32 or sint64. */
  sint64(field: number, value: number): void {
    this.#varint(field * 8)
    this.#bigVarint(zigzag(value))
  }

  /** A fixed64 or sfixed64 field. */
  fixed64(field: number, value: bigint): void {
    this.#varint(field * 8 + 1)
    this.#rawFixed64(value)
  }

  /** A double field. */
  double(field: number, value: number): void {
    this.#varint(field * 8 + 1)
    this.#rawDouble(value)
  }

  /** A double field given by its bits, for a NaN that must arrive as it is. */
  doubleBits(field: number, high: number, low: number): void {
    this.fixed64(field, (BigInt(high) << 32n) | BigInt(low))
  }

  /** A string field. */
  text(field: number, value: string): void {
    this.raw(field, new TextEncoder().encode(value))
  }

  /** A bytes field. */
  raw(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + 2)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** A message field. */
  message(field: number, write: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter()
    write(inner)
    this.raw(field, inner.#bytes.subarray(0, inner.#length))
  }

  /** A packed repeated field of unsigned varints; nothing if there are none. */
  packedUint64(field: number, values: Iterable<bigint>): void {
    this.#packed(field, values, (inner, value) => inner.#bigVarint(value))
  }

  /** A packed repeated field of zigzag varints; nothing if there are none. */
  packedSint64(field: number, values: Iterable<number>): void {
    this.#packed(field, values, (inner, value) => inner.#bigVarint(zigzag(value)))
  }

  /** A packed repeated field of doubles; nothing if there are none. */
  packedDouble(field: number, values: Iterable<number>): void {
    this.#packed(field, values, (inner, value) => inner.#rawDouble(value))
  }

  /** A packed repeated field of fixed64; nothing if there are none. */
  packedFixed64(field: number, values: Iterable<bigint>): void {
    this.#packed(field, values, (inner, value) => inner.#rawFixed64(value))
  }

  #packed<T>(field: number, values: Iterable<T>, write: (inner: ProtobufWriter, value: T) => void): void {
    const inner = new ProtobufWriter()
    for (const value of values) write(inner, value)
    if (inner.#length > 0) this.raw(field, inner.#bytes.subarray(0, inner.#length))
  }

  #varint(value: number): void {
    this.#reserve(10)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  #bigVarint(value: bigint): void {
    this.#reserve(10)
    let rest = value
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  #rawFixed64(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigUint64(this.#length, BigInt.asUintN(64, value), true)
    this.#length += 8
  }

  #rawDouble(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

function zigzag(value: number): bigint {
  const whole = BigInt(value)
  return BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n))
}
