import type { MatrixSeries, Value, VectorSample } from '../../promql/evaluate/result.js'
import { histogramToJson } from '../../promql/histogram/json.js'
import { formatValue } from '../../promql/print/number.js'
import type { NativeHistogram } from '../../schemas/histogram.js'
import type { Label } from '../../schemas/series/series.js'

/** Points of one series that are written before other work of the process has a turn. */
const POINTS_PER_CHUNK = 10_000

/** A time in ms as Unix seconds, with three decimals unless it is a whole second. */
export function formatTime(ms: number): string {
  const whole = Math.round(ms)
  if (whole % 1000 === 0) return String(whole / 1000)
  const sign = whole < 0 ? '-' : ''
  const size = Math.abs(whole)
  return `${sign}${Math.floor(size / 1000)}.${String(size % 1000).padStart(3, '0')}`
}

/**
 * The `data` of an answer to a query as JSON, piece by piece: a large answer is never one text. Written by hand: the
 * numbers' form matters.
 * @param statsJson the `stats` member, if it was asked for
 */
export function* formatResult(value: Value, statsJson?: string): Generator<string> {
  yield `{"resultType":"${value.type}","result":`
  if (value.type === 'scalar') yield pair(value.timeMs, value.value)
  else if (value.type === 'string') yield `[${formatTime(value.timeMs)},${JSON.stringify(value.value)}]`
  else if (value.type === 'vector') yield* list(value.samples, (sample) => [formatSample(sample)])
  else yield* list(value.series, formatSeries)
  yield statsJson === undefined ? '}' : `,"stats":${statsJson}}`
}

/** A label set as a JSON object. */
export function formatLabels(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

function formatSample({ labels, timeMs, value, histogram }: VectorSample): string {
  const point = histogram ? `"histogram":${histogramPair(timeMs, histogram)}` : `"value":${pair(timeMs, value)}`
  return `{"metric":${formatLabels(labels)},${point}}`
}

function* formatSeries({ labels, timeMs, value, histogramMs, histogram }: MatrixSeries): Generator<string> {
  yield `{"metric":${formatLabels(labels)}`
  if (timeMs.length > 0 || histogram.length === 0) yield* points('values', timeMs, (i) => pair(timeMs[i], value[i]))
  if (histogram.length > 0) {
    yield* points('histograms', histogramMs, (i) => histogramPair(histogramMs[i], histogram[i]))
  }
  yield '}'
}

function* points(name: string, timeMs: Float64Array, format: (i: number) => string): Generator<string> {
  yield `,"${name}":[`
  for (let from = 0; from < timeMs.length; from += POINTS_PER_CHUNK) {
    const texts: string[] = []
    for (let i = from; i < Math.min(timeMs.length, from + POINTS_PER_CHUNK); i++) texts.push(format(i))
    yield (from === 0 ? '' : ',') + texts.join(',')
  }
  yield ']'
}

function* list<T>(items: readonly T[], format: (item: T) => Iterable<string>): Generator<string> {
  yield '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) yield ','
    yield* format(items[i])
  }
  yield ']'
}

function pair(timeMs: number, value: number): string {
  return `[${formatTime(timeMs)},"${formatValue(value)}"]`
}

function histogramPair(timeMs: number, histogram: NativeHistogram): string {
  return `[${formatTime(timeMs)},${JSON.stringify(histogramToJson(histogram))}]`
}
