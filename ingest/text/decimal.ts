const ZERO = 0x30
const NINE = 0x39
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const UPPER_E = 0x45
const LOWER_E = 0x65

/** The powers of ten that a float holds exactly, by exponent. */
export const TENS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** A mantissa up to here takes one more digit and is still exact. */
const LAST_EXACT_BEFORE_DIGIT = 900_719_925_474_098

/** Digits beyond the exact mantissa that {@link divideLong} takes. */
const LONGEST_TAIL = 6

/** Splits a float into halves of 26 bits (Dekker 1971). */
const SPLITTER = 2 ** 27 + 1

/** More than the relative error of {@link divideLong}'s correction, which is at most 2^-51. */
const DOUBT = 2 ** -48

/** Where an exponent stops to grow: far beyond any float, far below the loss of digits. */
const EXPONENT_CEILING = 1_000_000

/**
 * The float written in ASCII bytes [start, end): optional sign, digits with an optional point among, before or after
 * them (at least one digit), optional exponent. Correctly rounded: a mantissa and a power of ten that are both exact
 * give the right float in one operation (Clinger 1990), the 16 to 21 digits of a float written in full are divided in
 * double precision twice over, and what is left goes through Number().
 * @returns NaN if the bytes are not such a decimal; an infinity if its magnitude is beyond every float
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  const sign = i < end ? bytes[i] : 0
  if (sign === MINUS || sign === PLUS) i++
  let mantissa = 0
  let tail = 0
  let tailDigits = 0
  let point = -1
  const firstDigit = i
  for (; i < end; i++) {
    const byte = bytes[i]
    if (byte >= ZERO && byte <= NINE) {
      if (mantissa <= LAST_EXACT_BEFORE_DIGIT) mantissa = mantissa * 10 + (byte - ZERO)
      else {
        tail = tail * 10 + (byte - ZERO)
        tailDigits++
      }
    } else if (byte === POINT && point === -1) point = i
    else break
  }
  if (i - firstDigit === (point === -1 ? 0 : 1)) return NaN
  let exponent = point === -1 ? 0 : point + 1 - i
  if (i < end) {
    const written = parseExponent(bytes, i, end)
    if (Number.isNaN(written)) return NaN
    exponent += written
  }
  if (mantissa === 0) return signed(sign, 0)
  if (exponent >= -22 && exponent <= 22) {
    if (tailDigits === 0) return signed(sign, exponent < 0 ? mantissa / TENS[-exponent] : mantissa * TENS[exponent])
    if (tailDigits <= LONGEST_TAIL && exponent <= 0) {
      const value = divideLong(mantissa, TENS[tailDigits], tail, TENS[-exponent])
      if (!Number.isNaN(value)) return signed(sign, value)
    }
  }
  return Number(latin1(bytes, start, end))
}

/**
 * (mantissa x power + tail) / divisor, all four exact integers, rounded once; NaN if the quotient lies so near the
 * middle of two floats that this cannot tell which is nearer. The dividend is kept as the unevaluated sum of two
 * floats (Dekker 1971); the quotient is a first guess plus a correction, and if a correction slightly larger and one
 * slightly smaller give the same float, so does the true one.
 */
function divideLong(mantissa: number, power: number, tail: number, divisor: number): number {
  const product = mantissa * power
  const productError = errorOfProduct(mantissa, power, product)
  const high = product + tail
  const low = tail - (high - product) + productError
  const guess = high / divisor
  const back = guess * divisor
  const rest = high - back - errorOfProduct(guess, divisor, back) + low
  const correction = rest / divisor
  const value = guess + correction * (1 + DOUBT)
  return value === guess + correction * (1 - DOUBT) ? value : NaN
}

/** a x b - product, exactly, where product is a x b rounded. */
function errorOfProduct(a: number, b: number, product: number): number {
  const aSplit = SPLITTER * a
  const aHigh = aSplit - (aSplit - a)
  const aLow = a - aHigh
  const bSplit = SPLITTER * b
  const bHigh = bSplit - (bSplit - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}

/** The exponent in [start, end), `e` included, or NaN. Magnitudes beyond every float come out as a very large one. */
function parseExponent(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== LOWER_E && bytes[start] !== UPPER_E) return NaN
  let i = start + 1
  const sign = i < end ? bytes[i] : 0
  if (sign === MINUS || sign === PLUS) i++
  if (i === end) return NaN
  let exponent = 0
  for (; i < end; i++) {
    const byte = bytes[i]
    if (byte < ZERO || byte > NINE) return NaN
    if (exponent < EXPONENT_CEILING) exponent = exponent * 10 + (byte - ZERO)
  }
  return sign === MINUS ? -exponent : exponent
}

function signed(sign: number, magnitude: number): number {
  return sign === MINUS ? -magnitude : magnitude
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
