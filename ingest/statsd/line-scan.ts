const NEWLINE = 0x0a
const COLON = 0x3a
const PIPE = 0x7c
const TIME = 0x54
const ZERO = 0x30
const NINE = 0x39
const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193
/** More digits of a `|T` than a sensible time has: left to the full reading of the line. */
const MOST_TIME_DIGITS = 12
/** Longer keys are not worth remembering. */
const MOST_KEY_BYTES = 8192

/**
 * One pass over the bytes of a line that finds its values and gathers everything else into a key: the name, a colon,
 * and what stands behind the values without DogStatsD's `|T`. Lines with the same key differ in values and time alone.
 */
export class LineScan {
  /** The key is bytes [0, keyLength); valid until the next line. */
  readonly key = new Uint8Array(MOST_KEY_BYTES)
  keyLength = 0
  hash = 0
  /** Bytes [valueStart, valueEnd) stand between the first colon and the first pipe behind it. */
  valueStart = 0
  valueEnd = 0
  /** True if there is a colon among the values: there are several. */
  hasColon = false
  /** Time of `|T`, ms since the epoch, or -1. */
  timeMs = -1
  /** Where the line ends: the index of its newline, or of the end of the body. */
  end = 0

  /** Reads the line from `start` on. @returns false if it has no key, as it is very long or its form is not `name:values|rest` */
  read(body: Uint8Array, start: number): boolean {
    const limit = body.length
    const key = this.key
    let hash = FNV_START
    let length = 0
    let i = start
    let byte = NEWLINE
    for (; i < limit; i++) {
      byte = body[i]
      key[length++] = byte
      hash = Math.imul(hash ^ byte, FNV_PRIME)
      if (byte === COLON || byte === NEWLINE) break
    }
    if (byte !== COLON) return this.#none(i)
    this.valueStart = ++i
    this.hasColon = false
    for (; i < limit; i++) {
      byte = body[i]
      if (byte === PIPE || byte === NEWLINE) break
      if (byte === COLON) this.hasColon = true
    }
    if (byte !== PIPE) return this.#none(i)
    this.valueEnd = i
    this.timeMs = -1
    for (; i < limit; i++) {
      byte = body[i]
      if (byte === NEWLINE) break
      if (byte === PIPE && i + 1 < limit && body[i + 1] === TIME) {
        i = this.#readTime(body, i + 2) - 1
        if (this.timeMs === -1) return this.#none(this.#lineEnd(body, i))
        continue
      }
      key[length++] = byte
      hash = Math.imul(hash ^ byte, FNV_PRIME)
    }
    // A write beyond the end of the key's array does nothing, and costs nothing before that.
    if (length > key.length) return this.#none(i)
    this.end = i
    this.keyLength = length
    hash ^= hash >>> 15
    this.hash = Math.imul(hash, 0x85ebca6b) >>> 0
    return true
  }

  /** Reads a whole number of seconds. @returns where it ends; `timeMs` is -1 if it is none */
  #readTime(body: Uint8Array, start: number): number {
    let seconds = 0
    let i = start
    for (; i < body.length && body[i] >= ZERO && body[i] <= NINE; i++) seconds = seconds * 10 + (body[i] - ZERO)
    const closed = i === body.length || body[i] === PIPE || body[i] === NEWLINE
    this.timeMs = closed && i > start && i - start <= MOST_TIME_DIGITS ? seconds * 1000 : -1
    return i
  }

  #lineEnd(body: Uint8Array, from: number): number {
    const newline = body.indexOf(NEWLINE, from)
    return newline === -1 ? body.length : newline
  }

  #none(end: number): boolean {
    this.end = end
    this.keyLength = 0
    return false
  }
}
