import type { MatrixSeries, Value } from '../../promql/value.js'
import type { Label } from '../../schemas/series/series.js'

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

/** A time in ms as Unix seconds, with three decimals unless it is a whole second. */
export function formatTime(ms: number): string {
  const whole = Math.round(ms)
  if (whole % 1000 === 0) return String(whole / 1000)
  const sign = whole < 0 ? '-' : ''
  const size = Math.abs(whole)
  return `${sign}${Math.floor(size / 1000)}.${String(size % 1000).padStart(3, '0')}`
}

/** The `data` of an answer to a query, as JSON. Written by hand: the numbers' form matters. */
export function formatResult(value: Value): string {
  const result =
    value.type === 'vector'
      ? value.samples.map(
          ({ labels, timeMs, value: v }) => `{"metric":${formatLabels(labels)},"value":${pair(timeMs, v)}}`,
        )
      : value.series.map(formatSeries)
  return `{"resultType":"${value.type}","result":[${result.join(',')}]}`
}

/** A label set as a JSON object. */
export function formatLabels(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

function formatSeries({ labels, timeMs, value }: MatrixSeries): string {
  const pairs: string[] = []
  for (let i = 0; i < timeMs.length; i++) pairs.push(pair(timeMs[i], value[i]))
  return `{"metric":${formatLabels(labels)},"values":[${pairs.join(',')}]}`
}

function pair(timeMs: number, value: number): string {
  return `[${formatTime(timeMs)},"${formatValue(value)}"]`
}
