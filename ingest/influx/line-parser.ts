import { type ByteNumbers, hashBytes } from '../identity/byte-numbers.js'
import {
  BACKSLASH,
  COMMA,
  classOf,
  ENDS_KEY,
  ENDS_MEASUREMENT,
  ENDS_VALUE,
  EQUALS,
  HASH,
  IS_CONTROL,
  NEWLINE,
  QUOTE,
  RETURN,
  SPACE,
} from './character-classes.js'
import { LineTime } from './line-time.js'
import type { Precision } from './precision.js'
import { parseScalar, scalarExpectation, scalarKind } from './scalar.js'
import { behindComment, behindNewline, behindSpaces } from './scan.js'
import { FieldKind, FieldSlots, TagSlots } from './slots.js'
import { isUtf8Between } from './utf8.js'

/** Tags and fields of one line; beyond, a line would cost memory without bound. */
const MAX_TAGS = 4096
const MAX_FIELDS = 65_536

/**
 * Cuts line protocol into tokens, line by line, without making objects: what it finds are offsets into the bytes.
 * Grammar and escapes are those of InfluxData's reference decoder (github.com/influxdata/line-protocol, version 2).
 *
 * For each line: `next()`, then `isKey()` with a guess, `findKey()` if it was none or wrong, `readKey()` (may be left
 * out for key bytes that were read before), then `readFields()`. If one of the last two says false the line is refused,
 * `fault` says why, and `next()` goes on behind it.
 */
export class LineParser {
  readonly tags = new TagSlots()
  readonly fields = new FieldSlots()
  readonly time = new LineTime()
  /** Number of the line on which the current one starts, 1-based: a string may hold newlines. */
  number = 0
  /** Offset of the line's first byte, and of the byte behind its last. */
  start = 0
  end = 0
  /** Offset behind measurement and tags. */
  keyEnd = 0
  /** Hash of their bytes, once they were looked for. */
  keyHash = 0
  /** Offset behind the measurement, once the key was read. */
  measurementEnd = 0
  /** Why the line was refused: the column in bytes, 1-based, and what was expected there. */
  fault = ''
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #nextNumber = 1
  /** Newlines inside the strings of the current line. */
  #newlines = 0
  /** All bytes of the token read last, or-ed. */
  #bits = 0

  /** Starts to read `bytes`, which must not change until the last line was read. */
  open(bytes: Uint8Array, precision: Precision): void {
    this.#bytes = bytes
    this.time.open(bytes, precision)
    this.#at = 0
    this.#nextNumber = 1
  }

  /** Where the next line begins. */
  get offset(): number {
    return this.#at
  }

  /** Passes over a line that was read by other means, and holds no newline but its last. @param next offset behind that */
  pass(next: number): void {
    this.start = this.#at
    this.end = next - 1
    this.number = this.#nextNumber++
    this.#at = next
  }

  /** Goes to the next line that is neither blank nor a comment; false at the end of the input. */
  next(): boolean {
    const bytes = this.#bytes
    const size = bytes.length
    let at = this.#at
    for (;;) {
      at = behindSpaces(bytes, at)
      if (at === size) {
        this.#at = at
        return false
      }
      const first = bytes[at]
      if (first !== HASH && first !== NEWLINE && first !== RETURN) break
      const following = behindNewline(bytes, first === HASH ? behindComment(bytes, at) : at)
      if (following === -1) break
      this.#nextNumber++
      at = following
    }
    this.number = this.#nextNumber
    this.start = at
    return true
  }

  /** Says whether measurement and tags are those with this number in `known`, all of which came before a space. */
  isKey(number: number, known: ByteNumbers): boolean {
    const end = known.behind(number, this.#bytes, this.start)
    if (end === -1 || this.#bytes[end] !== SPACE) return false
    this.keyEnd = end
    return true
  }

  /** Finds out where measurement and tags end. */
  findKey(): void {
    const bytes = this.#bytes
    const size = bytes.length
    let end = this.start
    for (; end < size; end++) {
      const byte = bytes[end]
      if (byte === NEWLINE || (byte === SPACE && bytes[end - 1] !== BACKSLASH)) break
    }
    this.keyEnd = end
    this.keyHash = hashBytes(bytes, this.start, end)
  }

  /** Reads the measurement and the tags. False if the line is refused. */
  readKey(): boolean {
    const bytes = this.#bytes
    const { start, keyEnd, tags } = this
    tags.count = 0
    if (bytes[start] === HASH) return this.#refuse('a comment may hold no control characters', start)
    let at = this.#tokenEnd(start, keyEnd, ENDS_MEASUREMENT)
    if (at === start) return this.#refuse(`expected a measurement, ${this.#found(at)}`, at)
    if (!this.#isText(start, at)) return this.#refuse('the measurement is not valid UTF-8', start)
    this.measurementEnd = at
    while (at < keyEnd) {
      if (bytes[at] !== COMMA) return this.#refuse(`expected a comma or a space, ${this.#found(at)}`, at)
      at = this.#readTag(at + 1)
      if (at === -1) return false
    }
    const again = tags.repeated(bytes)
    return again === -1 || this.#refuse('this tag key stands twice in the line', tags.keyStart[again])
  }

  /** Reads the fields and the time. False if the line is refused. */
  readFields(): boolean {
    const bytes = this.#bytes
    const size = bytes.length
    let at = behindSpaces(bytes, this.keyEnd)
    if (at === this.keyEnd) return this.#refuse('expected a space and a field', at)
    this.fields.count = 0
    this.#newlines = 0
    for (;;) {
      at = this.#readField(at)
      if (at === -1) return false
      if (at === size || bytes[at] !== COMMA) break
      at++
    }
    return this.#readTime(at)
  }

  /** Reads the tag at `at`; gives the offset behind it, or -1 if the line is refused. */
  #readTag(at: number): number {
    const { tags, keyEnd: limit } = this
    const end = this.#tokenEnd(at, limit, ENDS_KEY)
    if (end === at) return this.#refuseAs(`expected a tag key after the comma, ${this.#found(at)}`, at)
    if (!this.#isText(at, end)) return this.#refuseAs('the tag key is not valid UTF-8', at)
    if (end === limit || this.#bytes[end] !== EQUALS) {
      return this.#refuseAs(`expected "=" after the tag key, ${this.#found(end)}`, end)
    }
    const valueEnd = this.#tokenEnd(end + 1, limit, ENDS_KEY)
    if (valueEnd === end + 1) return this.#refuseAs(`expected a tag value, ${this.#found(valueEnd)}`, valueEnd)
    if (!this.#isText(end + 1, valueEnd)) return this.#refuseAs('the tag value is not valid UTF-8', end + 1)
    if (tags.count === MAX_TAGS) return this.#refuseAs(`a line may have ${MAX_TAGS} tags`, at)
    tags.add(at, end, end + 1, valueEnd)
    return valueEnd
  }

  /** Reads the field at `at`; gives the offset behind it, or -1 if the line is refused. */
  #readField(at: number): number {
    const bytes = this.#bytes
    const size = bytes.length
    const end = this.#tokenEnd(at, size, ENDS_KEY)
    if (end === at) return this.#refuseAs(`expected a field key, ${this.#found(at)}`, at)
    if (!this.#isText(at, end)) return this.#refuseAs('the field key is not valid UTF-8', at)
    if (end === size || bytes[end] !== EQUALS) {
      return this.#refuseAs(`expected "=" after the field key, ${this.#found(end)}`, end)
    }
    if (this.fields.count === MAX_FIELDS) return this.#refuseAs(`a line may have ${MAX_FIELDS} fields`, at)
    const start = end + 1
    if (start < size && bytes[start] === QUOTE) return this.#readString(at, end)
    let valueEnd = start
    while (valueEnd < size && (classOf[bytes[valueEnd]] & ENDS_VALUE) === 0) valueEnd++
    const kind = scalarKind(bytes, start, valueEnd)
    if (kind === -1) {
      return this.#refuseAs(`expected a number, a boolean or a string in quotes, ${this.#found(start)}`, start)
    }
    const value = parseScalar(bytes, start, valueEnd, kind)
    if (!Number.isFinite(value)) return this.#refuseAs(scalarExpectation(kind), start)
    this.fields.add(at, end, start, valueEnd, kind, value)
    return valueEnd
  }

  /**
   * Reads the string field whose key is [keyStart, keyEnd). A string that runs over several lines and does not end
   * properly was most likely never closed: then reading goes on behind the line of its opening quote, not behind the
   * quote of some later line.
   */
  #readString(keyStart: number, keyEnd: number): number {
    const bytes = this.#bytes
    const size = bytes.length
    const quote = keyEnd + 1
    let newlines = 0
    let bits = 0
    let at = quote + 1
    for (; at < size; at++) {
      const byte = bytes[at]
      if (byte === QUOTE) break
      if (byte === BACKSLASH && at + 1 < size && (bytes[at + 1] === QUOTE || bytes[at + 1] === BACKSLASH)) at++
      else if (byte === NEWLINE) newlines++
      bits |= byte
    }
    if (at >= size) return this.#refuseAs('the string that starts here has no closing quote', quote)
    const behind = at + 1
    if (behind < size && (classOf[bytes[behind]] & ENDS_VALUE) === 0) {
      const reason = `expected a comma or a space after the string, ${this.#found(behind)}`
      return this.#refuseAs(reason, behind, newlines === 0 ? behind : quote)
    }
    if (bits >= 0x80 && !isUtf8Between(bytes, quote + 1, at)) {
      return this.#refuseAs('the string is not valid UTF-8', quote, at)
    }
    this.#newlines += newlines
    this.fields.add(keyStart, keyEnd, quote + 1, at, FieldKind.String, NaN)
    return behind
  }

  /** Reads what stands behind the last field, and finishes the line. */
  #readTime(behindFields: number): boolean {
    const bytes = this.#bytes
    const { time } = this
    let at = behindSpaces(bytes, behindFields)
    let following = behindNewline(bytes, at)
    if (following !== -1) time.none(at)
    else {
      at = time.read(at)
      if (at < 0) return this.#refuseTime(at)
      at = behindSpaces(bytes, at)
      following = behindNewline(bytes, at)
      if (following === -1) return this.#refuse(`expected the end of the line, ${this.#found(at)}`, at)
    }
    this.end = at
    this.#at = following
    this.#nextNumber = this.number + 1 + this.#newlines
    return true
  }

  #refuseTime(outcome: number): false {
    const { faultAt } = this.time
    if (outcome === -2) {
      return this.#refuse('expected an integer whose nanoseconds fit 64 bits as the timestamp', faultAt)
    }
    return this.#refuse(`expected a timestamp or the end of the line, ${this.#found(faultAt)}`, faultAt)
  }

  /** Offset of the byte that ends the token at `start`: one of class `ends` with no backslash before it, or `limit`. */
  #tokenEnd(start: number, limit: number, ends: number): number {
    const bytes = this.#bytes
    let bits = 0
    let at = start
    for (; at < limit; at++) {
      const byte = bytes[at]
      const kind = classOf[byte]
      if ((kind & ends) !== 0 && ((kind & IS_CONTROL) !== 0 || at === start || bytes[at - 1] !== BACKSLASH)) break
      bits |= byte
    }
    this.#bits = bits
    return at
  }

  /** True if the token that {@link #tokenEnd} went over last is valid UTF-8. */
  #isText(start: number, end: number): boolean {
    return this.#bits < 0x80 || isUtf8Between(this.#bytes, start, end)
  }

  #found(at: number): string {
    if (at >= this.#bytes.length) return 'found the end of the input'
    const byte = this.#bytes[at]
    if (byte === NEWLINE) return 'found the end of the line'
    return byte >= 0x80 ? 'found a non-ASCII character' : `found ${JSON.stringify(String.fromCharCode(byte))}`
  }

  /** Refuses the line because of the byte at `at`; the next one starts behind the first newline from `resume` on. */
  #refuse(reason: string, at: number, resume = at): false {
    const bytes = this.#bytes
    this.fault = `column ${at - this.start + 1}: ${reason}`
    const newline = bytes.indexOf(NEWLINE, resume)
    this.end = newline === -1 ? bytes.length : newline
    this.#at = Math.min(this.end + 1, bytes.length)
    this.#nextNumber = this.number + 1
    for (let i = this.start; i < this.end; i++) if (bytes[i] === NEWLINE) this.#nextNumber++
    return false
  }

  /** {@link #refuse} for those who answer with an offset. */
  #refuseAs(reason: string, at: number, resume = at): -1 {
    this.#refuse(reason, at, resume)
    return -1
  }
}
