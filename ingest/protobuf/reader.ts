/**
 * The protobuf wire format (protobuf.dev, "Encoding"), read in place: a cursor over the bytes, one field at a time,
 * nothing allocated for a field. Messages are left and entered by moving the end of the readable range.
 */

/** Wire types, the low three bits of a tag. */
const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const GROUP_START = 3
const GROUP_END = 4
const FIXED32 = 5

/** Tags as they stand on the wire: field number and wire type in one number. */
export const varintTag = (field: number): number => (field << 3) | VARINT
export const fixed64Tag = (field: number): number => (field << 3) | FIXED64
export const bytesTag = (field: number): number => (field << 3) | BYTES

/** Groups nested deeper than this are an attack, not a message (the limit of the reference implementations). */
const MAX_GROUP_DEPTH = 100

const TWO_32 = 2 ** 32

/** Bytes that are no protobuf message; the message names what is wrong and the offset of the byte. */
export class WireError extends Error {
  override readonly name = 'WireError'

  constructor(reason: string, offset: number) {
    super(`${reason} at byte ${offset}`)
  }
}

/**
 * A cursor. `next` reads a tag; then exactly one of the value methods, or `skip`, must be called. A field of a known
 * number with another wire type has another tag and is skipped like an unknown one, as the specification wants.
 * Every method throws {@link WireError} where the bytes end too early or make no sense.
 */
export class ProtobufReader {
  readonly bytes: Uint8Array
  /** Offset of the next byte. */
  at: number
  /** End of the message that is being read. */
  end: number
  /** Tag of the current field, see {@link varintTag} and its siblings. */
  tag = 0
  /** Bounds of the bytes that {@link span} found. */
  from = 0
  to = 0
  readonly #view: DataView
  #low = 0
  #high = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = start
    this.end = end
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Goes to the next field of the message; false at its end. */
  next(): boolean {
    if (this.at >= this.end) return false
    const start = this.at
    this.#readVarint()
    if (this.#high !== 0) throw new WireError('a field number is larger than protobuf allows', start)
    this.tag = this.#low
    if (this.tag >>> 3 === 0) throw new WireError('a field has the number 0', start)
    return true
  }

  /** Goes into a message field. @returns the end of the outer message, for {@link leave} */
  enter(): number {
    const outerEnd = this.end
    const length = this.#length()
    this.end = this.at + length
    return outerEnd
  }

  /** Goes back to the outer message, behind the one that was entered. */
  leave(outerEnd: number): void {
    this.at = this.end
    this.end = outerEnd
  }

  /** Finds the bytes of a length-delimited field: [from, to). */
  span(): void {
    const length = this.#length()
    this.from = this.at
    this.to = this.at + length
    this.at = this.to
  }

  /** Passes over the current field, whatever it is. */
  skip(): void {
    this.#skip(this.tag, 0)
  }

  /** An unsigned varint; above 2^53 the nearest double. */
  uint64(): number {
    this.#readVarint()
    return this.#high * TWO_32 + this.#low
  }

  /** A varint of type int32 or int64; beyond 2^53 the nearest double. */
  int64(): number {
    this.#readVarint()
    return (this.#high | 0) * TWO_32 + this.#low
  }

  /** A varint of type int64 as decimal text, every digit kept. */
  int64Text(): string {
    this.#readVarint()
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low)).toString()
  }

  /** A zigzag varint of type sint32 or sint64; beyond 2^53 the nearest double. */
  sint64(): number {
    this.#readVarint()
    const odd = (this.#low & 1) === 1
    const low = ((this.#low >>> 1) | (this.#high << 31)) >>> 0
    const half = (this.#high >>> 1) * TWO_32 + low
    return odd ? -half - 1 : half
  }

  /** An unsigned 64-bit number of fixed width; above 2^53 the nearest double. */
  fixed64(): number {
    this.#words()
    return this.#high * TWO_32 + this.#low
  }

  /** A signed 64-bit number of fixed width; beyond 2^53 the nearest double. */
  sfixed64(): number {
    this.#words()
    return (this.#high | 0) * TWO_32 + this.#low
  }

  /** Unsigned 64-bit nanoseconds as whole milliseconds, rounded down exactly. */
  nanosAsMs(): number {
    this.#words()
    // 2^32 ns are 4294 ms and 967,296 ns; the rest stays below 2^53, so no digit is lost.
    const rest = this.#high * 967_296 + this.#low
    return this.#high * 4294 + (rest - (rest % 1_000_000)) / 1_000_000
  }

  /** A double. */
  double(): number {
    if (this.at + 8 > this.end) throw this.#cut()
    const value = this.#view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  /** True if the double just read has exactly these bits; JavaScript itself cannot tell one NaN from another. */
  doubleHadBits(high: number, low: number): boolean {
    return this.#view.getUint32(this.at - 4, true) === high && this.#view.getUint32(this.at - 8, true) === low
  }

  #readVarint(): void {
    const { bytes, end } = this
    let at = this.at
    if (at < end && bytes[at] < 0x80) {
      this.#low = bytes[at]
      this.#high = 0
      this.at = at + 1
      return
    }
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= end) throw this.#cut()
      const byte = bytes[at++]
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) break
      if (shift === 63) throw new WireError('a number is longer than ten bytes', this.at)
    }
    this.at = at
    this.#low = low >>> 0
    this.#high = high >>> 0
  }

  #words(): void {
    if (this.at + 8 > this.end) throw this.#cut()
    this.#low = this.#view.getUint32(this.at, true)
    this.#high = this.#view.getUint32(this.at + 4, true)
    this.at += 8
  }

  #length(): number {
    const start = this.at
    this.#readVarint()
    const length = this.#high * TWO_32 + this.#low
    if (length > this.end - this.at) {
      throw new WireError(`a field of ${length} bytes does not fit into the ${this.end - this.at} that are left`, start)
    }
    return length
  }

  #skip(tag: number, depth: number): void {
    const wire = tag & 7
    if (wire === VARINT) this.#readVarint()
    else if (wire === FIXED64) this.#pass(8)
    else if (wire === BYTES) this.#pass(this.#length())
    else if (wire === FIXED32) this.#pass(4)
    else if (wire === GROUP_START) this.#skipGroup(tag >>> 3, depth + 1)
    else throw new WireError(`a field has the wire type ${wire}, which does not belong here,`, this.at)
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw new WireError('groups are nested too deep', this.at)
    while (this.next()) {
      if ((this.tag & 7) !== GROUP_END) {
        this.#skip(this.tag, depth)
        continue
      }
      if (this.tag >>> 3 !== field) throw new WireError('a group ends that was not open', this.at)
      return
    }
    throw this.#cut()
  }

  #pass(length: number): void {
    if (length > this.end - this.at) throw this.#cut()
    this.at += length
  }

  #cut(): WireError {
    return new WireError('the message ends in the middle of a field', this.end)
  }
}
