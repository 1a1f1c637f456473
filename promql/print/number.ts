/** A number as Prometheus prints it in queries: the shortest decimal that reads back, never with an exponent. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = Object.is(value, -0) ? '-0' : String(value)
  const [mantissa, exponent] = text.split('e')
  if (exponent === undefined) return text
  const [, sign, whole, fraction = ''] = /^(-?)(\d)(?:\.(\d+))?$/.exec(mantissa)!
  const digits = whole + fraction
  const point = 1 + Number(exponent)
  return sign + (point > 0 ? digits.padEnd(point, '0') : `0.${'0'.repeat(-point)}${digits}`)
}

/**
 * A value as the Prometheus HTTP API writes it: the shortest text that reads back as the same float, exponents below
 * 1e-6 and from 1e21 on with two digits at least (Go's strconv, as prometheus/util/jsonutil uses it).
 */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

/** A float as Go's %g prints it, as Prometheus's wordings have it. */
export function formatG(value: number): string {
  return withExponentFrom(value, 6)
}

/** The same of a value rounded to so many digits: Go's %.2g for 2. */
export function formatRoundedG(value: number, digits: number): string {
  return withExponentFrom(Number(value.toPrecision(digits)), digits)
}

/** @param wholeDigits a whole part of more digits gets an exponent */
function withExponentFrom(value: number, wholeDigits: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const [digits, exponent] = value.toExponential().split('e')
  const magnitude = Number(exponent)
  if (value === 0 || (magnitude >= -4 && magnitude < wholeDigits)) return Object.is(value, -0) ? '-0' : String(value)
  return `${digits}e${magnitude < 0 ? '-' : '+'}${String(Math.abs(magnitude)).padStart(2, '0')}`
}

const UNITS = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1000, false],
  ['ms', 1, false],
] as const

/** A duration as Prometheus prints it: `1h30m`; weeks and years only where they fit exactly. */
export function formatDurationMs(ms: number): string {
  if (ms < 0) return `-${formatDurationMs(-ms)}`
  let left = Math.trunc(ms)
  if (left === 0) return '0s'
  let text = ''
  for (const [unit, unitMs, whole] of UNITS) {
    const count = Math.floor(left / unitMs)
    if (count === 0 || (whole && left % unitMs !== 0)) continue
    text += `${count}${unit}`
    left -= count * unitMs
  }
  return text
}
