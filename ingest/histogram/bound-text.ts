/** How bucket bounds and quantiles are written as label values, byte for byte as Prometheus writes them. */

/** Go's FormatFloat(value, 'f', -1): plain digits, no exponent. So Prometheus's OTLP receiver writes `le` and `quantile`. */
export function plainText(value: number): string {
  const special = specialText(value)
  if (special !== undefined) return special
  const text = String(value)
  const exponentAt = text.indexOf('e')
  if (exponentAt === -1) return text
  const sign = value < 0 ? '-' : ''
  const [whole, fraction = ''] = text.slice(sign.length, exponentAt).split('.')
  const digits = whole + fraction
  const point = whole.length + Number(text.slice(exponentAt + 1))
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length
    ? sign + digits.padEnd(point, '0')
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** OpenMetrics canonical numbers (`1.0`, `1e+06`): so Prometheus writes `le` of histograms with custom buckets. */
export function openMetricsText(value: number): string {
  const special = specialText(value)
  if (special !== undefined) return special
  const [digits, exponent] = value.toExponential().split('e')
  const power = Number(exponent)
  // Go's FormatFloat(value, 'g', -1) writes an exponent, of two digits at least, from 1e6 on and below 1e-4.
  if (power < -4 || power >= 6) return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const text = plainText(value)
  return text.includes('.') ? text : `${text}.0`
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : undefined
}
