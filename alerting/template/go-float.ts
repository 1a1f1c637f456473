/** Of the shortest form, a whole part of more digits than this gets an exponent. */
const SHORTEST_WHOLE = 6

/** The most that JavaScript gives: no tie has more. */
const MOST_DIGITS = 100

/**
 * A float as Go's strconv.FormatFloat writes it.
 * @param precision digits after the point (e, f) or in all (g); -1: as many as tell it from all other floats
 */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (verb === 'f') return sign + fixed(magnitude, precision)
  if (verb === 'e')
    return sign + withExponent(precision < 0 ? magnitude.toExponential() : scientific(magnitude, precision))
  return sign + general(magnitude, precision === 0 ? 1 : precision)
}

function fixed(value: number, precision: number): string {
  if (precision < 0) return plain(value.toExponential())
  if (value < 1e21) return halfEven(value.toFixed(precision), value.toFixed(MOST_DIGITS), precision)
  // From there on every float is a whole number.
  return precision > 0 ? `${BigInt(value)}.${'0'.repeat(precision)}` : String(BigInt(value))
}

function general(value: number, digits: number): string {
  const text = digits < 0 ? value.toExponential() : trimmed(scientific(value, digits - 1))
  const exponent = Number(text.split('e')[1])
  const whole = digits < 0 ? SHORTEST_WHOLE : digits
  return exponent < -4 || exponent >= whole ? withExponent(text) : plain(text)
}

function scientific(value: number, precision: number): string {
  const [rounded, exponent] = value.toExponential(precision).split('e')
  const [exact, exactExponent] = value.toExponential(MOST_DIGITS).split('e')
  // Rounding may have gone over to the next power of ten: then it was no tie.
  return exponent === exactExponent ? `${halfEven(rounded, exact, precision)}e${exponent}` : `${rounded}e${exponent}`
}

/**
 * What lies in the middle between two texts goes to the even one in Go, and to the larger one in JavaScript.
 * @param rounded to `precision` digits after the point @param exact with all digits
 */
function halfEven(rounded: string, exact: string, precision: number): string {
  const [whole, fraction] = exact.split('.')
  if (!/^50*$/.test(fraction.slice(precision))) return rounded
  const cut = precision === 0 ? whole : `${whole}.${fraction.slice(0, precision)}`
  return Number(cut.at(-1)) % 2 === 0 ? cut : rounded
}

/** `1.50e+3` without zeros that say nothing. */
function trimmed(text: string): string {
  const [mantissa, exponent] = text.split('e')
  return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${exponent}`
}

/** Go writes exponents with a sign and two digits at least. */
function withExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

/** `1.5e+3` is 1500. */
function plain(text: string): string {
  const [mantissa, exponentText] = text.split('e')
  const exponent = Number(exponentText)
  const digits = mantissa.replace('.', '')
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return digits.length > exponent + 1 ? `${whole}.${digits.slice(exponent + 1)}` : whole
}
