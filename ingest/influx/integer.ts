import { MINUS, NINE, ZERO } from './character-classes.js'

/** The whole numbers that a kind of field may hold; the limits are ASCII digits, '' if none is allowed. */
export interface IntegerRange {
  highest: string
  /** Largest magnitude of a negative number. */
  lowest: string
}

export const INT64: IntegerRange = { highest: '9223372036854775807', lowest: '9223372036854775808' }
export const UINT64: IntegerRange = { highest: '18446744073709551615', lowest: '' }

/** Digits that always make a whole number that a float holds exactly. */
const EXACT_DIGITS = 15

/**
 * The whole number in ASCII bytes [start, end), a minus before it where the range allows one.
 * @returns the nearest float; NaN if it is no whole number or outside the range
 */
export function parseInteger(bytes: Uint8Array, start: number, end: number, range: IntegerRange): number {
  const negative = start < end && bytes[start] === MINUS
  const limit = negative ? range.lowest : range.highest
  const first = negative ? start + 1 : start
  if (first === end || limit === '') return NaN
  if (end - first > EXACT_DIGITS) {
    return isWithin(bytes, first, end, limit) ? Number(Buffer.from(bytes.subarray(start, end)).toString('latin1')) : NaN
  }
  let magnitude = 0
  for (let i = first; i < end; i++) {
    const digit = bytes[i] - ZERO
    if (digit < 0 || digit > 9) return NaN
    magnitude = magnitude * 10 + digit
  }
  return negative ? 0 - magnitude : magnitude
}

/** True if bytes [start, end) are digits (at least one) and the number that they write is at most `limit`. */
export function isWithin(bytes: Uint8Array, start: number, end: number, limit: string): boolean {
  if (start === end) return false
  for (let i = start; i < end; i++) if (bytes[i] < ZERO || bytes[i] > NINE) return false
  let i = start
  while (i < end && bytes[i] === ZERO) i++
  if (end - i !== limit.length) return end - i < limit.length
  for (let k = 0; i < end; i++, k++) {
    const difference = bytes[i] - limit.charCodeAt(k)
    if (difference !== 0) return difference < 0
  }
  return true
}
