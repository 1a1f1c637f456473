import { parseDecimal } from '../text/decimal.js'

/** Digits in groups: an underscore stands between two digits only. */
const DECIMAL = /^-?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/
const HEXADECIMAL =
  /^(-?)0[xX]_?([\dA-Fa-f]+(?:_[\dA-Fa-f]+)*)?(?:\.([\dA-Fa-f]+(?:_[\dA-Fa-f]+)*)?)?[pP]([+-]?\d+(?:_\d+)*)$/

/** Longest number with underscores or in hexadecimal that is looked at; nobody writes longer ones. */
const LONGEST_RARE = 4096

/**
 * The float in ASCII bytes [start, end). Line protocol takes what Go's strconv.ParseFloat takes: decimals, digits
 * grouped by underscores, and hexadecimals with a binary exponent (`0x1.8p3`).
 * @returns NaN if it is none of those; an infinity if its magnitude is beyond every float
 */
export function parseFloatField(bytes: Uint8Array, start: number, end: number): number {
  const value = parseDecimal(bytes, start, end)
  return Number.isNaN(value) && end - start <= LONGEST_RARE ? parseRare(bytes, start, end) : value
}

function parseRare(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.subarray(start, end)).toString('latin1')
  const hexadecimal = HEXADECIMAL.exec(text)
  if (hexadecimal !== null) {
    const [, sign, whole = '', fraction = '', exponent] = hexadecimal
    const digits = `${whole}${fraction}`.replaceAll('_', '')
    const fractionDigits = fraction.replaceAll('_', '').length
    if (digits === '') return NaN
    const magnitude = scale(BigInt(`0x${digits}`), Number(exponent.replaceAll('_', '')) - 4 * fractionDigits)
    return sign === '-' ? -magnitude : magnitude
  }
  if (!text.includes('_') || !DECIMAL.test(text)) return NaN
  const plain = Buffer.from(text.replaceAll('_', ''), 'latin1')
  return parseDecimal(plain, 0, plain.length)
}

/** mantissa x 2^exponent, rounded once, half to even. */
function scale(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0
  const top = mantissa.toString(2).length + exponent
  if (top > 1024) return Infinity
  if (top < -1074) return 0
  // What lies below the last bit that the float can hold is rounded here, in whole numbers; the rest is exact.
  const lastBit = Math.max(top - 53, -1074)
  const units =
    exponent >= lastBit ? Number(mantissa << BigInt(exponent - lastBit)) : roundShift(mantissa, lastBit - exponent)
  return lastBit > 900 ? units * 2 ** 900 * 2 ** (lastBit - 900) : units * 2 ** lastBit
}

function roundShift(mantissa: bigint, bits: number): number {
  const shift = BigInt(bits)
  const quotient = mantissa >> shift
  const rest = mantissa - (quotient << shift)
  const half = 1n << (shift - 1n)
  const up = rest > half || (rest === half && (quotient & 1n) === 1n)
  return Number(up ? quotient + 1n : quotient)
}
