import { MINUS, ZERO } from './character-classes.js'
import { isWithin } from './integer.js'

/** Unit of the timestamps of a request. */
export type Precision = 'ns' | 'us' | 'ms' | 's' | 'm' | 'h'

interface Unit {
  /** Digits that lie below a whole millisecond. */
  below: number
  /** Milliseconds that one unit has, where it has whole ones. */
  ms: number
  /** Largest magnitude whose nanoseconds fit 64 bits signed. */
  highest: string
  lowest: string
}

const unit = (below: number, ms: number, highest: string, lowest = highest): Unit => ({ below, ms, highest, lowest })

const UNITS: Readonly<Record<Precision, Unit>> = {
  ns: unit(6, 1, '9223372036854775807', '9223372036854775808'),
  us: unit(3, 1, '9223372036854775'),
  ms: unit(0, 1, '9223372036854'),
  s: unit(0, 1_000, '9223372036'),
  m: unit(0, 60_000, '153722867'),
  h: unit(0, 3_600_000, '2562047'),
}

const SPELLINGS: ReadonlyMap<string, Precision> = new Map([
  ['n', 'ns'],
  ['ns', 'ns'],
  ['u', 'us'],
  ['us', 'us'],
  ['µ', 'us'],
  ['µs', 'us'],
  ['μ', 'us'],
  ['μs', 'us'],
  ['ms', 'ms'],
  ['s', 's'],
  ['m', 'm'],
  ['h', 'h'],
])

/** A precision as clients of either API version spell it (`n`, `u`, `µ` among them), or undefined. */
export function parsePrecision(text: string): Precision | undefined {
  return SPELLINGS.get(text)
}

/**
 * The time written in ASCII bytes [start, end), in whole ms since the epoch, rounded down. No digit is lost: what is
 * below a millisecond is cut from the digits before they become a float.
 * @returns NaN if it is no integer, or if its nanoseconds need more than 64 bits
 */
export function parseTimeMs(bytes: Uint8Array, start: number, end: number, precision: Precision): number {
  const { below, ms, highest, lowest } = UNITS[precision]
  const negative = start < end && bytes[start] === MINUS
  const first = negative ? start + 1 : start
  if (!isWithin(bytes, first, end, negative ? lowest : highest)) return NaN
  const wholeEnd = Math.max(first, end - below)
  let whole = 0
  for (let i = first; i < wholeEnd; i++) whole = whole * 10 + (bytes[i] - ZERO)
  if (!negative) return whole * ms
  let rest = 0
  for (let i = wholeEnd; i < end; i++) rest |= bytes[i] - ZERO
  return 0 - (rest === 0 ? whole : whole + 1) * ms
}
