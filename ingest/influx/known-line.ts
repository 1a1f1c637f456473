import type { ByteNumbers } from '../identity/byte-numbers.js'
import { TENS } from '../text/decimal.js'
import { COMMA, EQUALS, MINUS, NEWLINE, POINT, SPACE, ZERO } from './character-classes.js'
import type { HandleChains } from './handle-chains.js'
import type { LineTime } from './line-time.js'

/** What a decoder remembers of the lines that it has read. */
export interface LineMemory {
  /** Keys by their bytes, of which what follows a backslash is not taken apart: written otherwise it is another key. */
  keys: ByteNumbers
  /** Field keys by their bytes. */
  names: ByteNumbers
  chains: HandleChains
}

/** Fields of a line that are read here. */
const MOST_FIELDS = 256
/** So many digits make a whole number that a float holds exactly. */
const EXACT_DIGITS = 15
const LOWER_I = 0x69

/**
 * Reads a line that looks as it was guessed: the key that came behind the one before the last time, the fields that
 * this key had, short plain numbers, and a time. Most lines of most senders do. Of any other it says so, and
 * `LineParser`, which decides what is right, begins with it anew: what is read here it would read the same.
 */
export class KnownLine {
  /** Number of its key. */
  key = -1
  /** Offset behind its newline. */
  next = 0
  count = 0
  /** Of each field, the handle of its series and its value. */
  readonly handles = new Int32Array(MOST_FIELDS)
  readonly values = new Float64Array(MOST_FIELDS)
  #bytes: Uint8Array = new Uint8Array(0)
  #value = 0

  /** Starts to read other bytes. */
  open(bytes: Uint8Array): void {
    this.#bytes = bytes
  }

  /**
   * Reads the line at `start`; false if it is another one than was guessed.
   * @param previous number of the key before, or -1
   * @param time keeps the line's time
   */
  read(start: number, previous: number, { keys, names, chains }: LineMemory, time: LineTime): boolean {
    const bytes = this.#bytes
    const key = chains.guessKey(previous)
    if (key === -1) return false
    let at = keys.behind(key, bytes, start)
    if (at === -1 || bytes[at] !== SPACE) return false
    let count = 0
    let link = -1
    do {
      link = chains.guess(key, link)
      if (link === -1 || count === MOST_FIELDS) return false
      const handle = chains.handleOf(link)
      at = names.behind(chains.fieldOf(link), bytes, at + 1)
      if (handle === -1 || at === -1 || bytes[at] !== EQUALS) return false
      at = this.#readNumber(at + 1)
      if (at === -1) return false
      this.handles[count] = handle
      this.values[count++] = this.#value
    } while (bytes[at] === COMMA)
    if (bytes[at] !== SPACE) return false
    at = time.read(at + 1)
    if (at < 0 || bytes[at] !== NEWLINE) return false
    this.key = key
    this.next = at + 1
    this.count = count
    return true
  }

  /**
   * Reads a decimal without exponent, or an integer; gives the offset behind it, -1 if it is longer or anything else.
   * In one pass, without a look at what it may be beside that: a quarter of what a line costs otherwise.
   */
  #readNumber(start: number): number {
    const bytes = this.#bytes
    const isNegative = bytes[start] === MINUS
    const first = isNegative ? start + 1 : start
    let magnitude = 0
    let point = -1
    let at = first
    for (; ; at++) {
      const digit = bytes[at] - ZERO
      if (digit >= 0 && digit <= 9) magnitude = magnitude * 10 + digit
      else if (bytes[at] === POINT && point === -1) point = at
      else break
    }
    const hasPoint = point !== -1
    const digits = at - first - (hasPoint ? 1 : 0)
    if (digits === 0 || digits > EXACT_DIGITS) return -1
    if (hasPoint) magnitude /= TENS[at - point - 1]
    const isInteger = !hasPoint && bytes[at] === LOWER_I
    // An integer knows no negative zero.
    this.#value = !isNegative ? magnitude : isInteger ? 0 - magnitude : -magnitude
    return isInteger ? at + 1 : at
  }
}
