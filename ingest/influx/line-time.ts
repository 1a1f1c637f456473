import { sameBytes, viewOf } from '../text/same-bytes.js'
import { COMMA, classOf, ENDS_VALUE, NEWLINE } from './character-classes.js'
import { type Precision, parseTimeMs } from './precision.js'
import { behindTime } from './scan.js'

/** The timestamp of the current line. Lines in a row often have the same, which is read once. */
export class LineTime {
  /** Time in ms, rounded down; NaN if the line has none. */
  ms = NaN
  /** Where it stands; an empty range behind the fields if there is none. */
  start = 0
  end = 0
  /** Where the fault is, if it was refused. */
  faultAt = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #view = viewOf(this.#bytes)
  #precision: Precision = 'ns'

  /** Starts with other bytes. */
  open(bytes: Uint8Array, precision: Precision): void {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#precision = precision
    this.none(0)
  }

  /** The line has none. @param at offset behind its fields */
  none(at: number): void {
    this.#is(at, at, NaN)
  }

  /** Reads the timestamp at `at`; gives the offset behind it, -1 if none stands there, -2 if it is out of range. */
  read(at: number): number {
    const bytes = this.#bytes
    if (this.#isRepeatedAt(at)) {
      this.#is(at, at + this.end - this.start, this.ms)
      return this.end
    }
    const end = behindTime(bytes, at)
    if (end === at || (end < bytes.length && (classOf[bytes[end]] & ENDS_VALUE) === 0) || bytes[end] === COMMA) {
      this.faultAt = end
      return -1
    }
    const ms = parseTimeMs(bytes, at, end, this.#precision)
    if (Number.isNaN(ms)) {
      this.faultAt = at
      return -2
    }
    this.#is(at, end, ms)
    return end
  }

  /** True if the last timestamp stands here again: the newline behind says that no digit is left. */
  #isRepeatedAt(at: number): boolean {
    const length = this.end - this.start
    const end = at + length
    if (length === 0 || end >= this.#bytes.length || this.#bytes[end] !== NEWLINE) return false
    return sameBytes(this.#view, at, this.#view, this.start, length)
  }

  #is(start: number, end: number, ms: number): void {
    this.start = start
    this.end = end
    this.ms = ms
  }
}
