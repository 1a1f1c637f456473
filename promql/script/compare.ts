import type { NativeHistogram } from '../../schemas/histogram.js'
import type { MatrixSeries, Value, VectorSample } from '../evaluate/result.js'
import { formatHistogramText } from '../histogram/index.js'
import { compareLabels, formatLabels, type LabelSet, labelsKey } from '../labels.js'
import { almostEqual, almostEqualHistograms } from './almost-equal.js'
import type {
  EvalCommand,
  Expectation,
  ExpectedAnnotations,
  ExpectedSeries,
  ScriptItem,
  TextPattern,
} from './command.js'

type Times = EvalCommand['times']

/** A point of a series at a time, ms. */
interface Point {
  timeMs: number
  value: number
  histogram?: NativeHistogram
}

/**
 * How an answer differs from what the script expects.
 * @param times of the items of the expected series
 * @returns `expected …, got …`, undefined if it does not differ
 */
export function valueDifference(value: Value, expected: Expectation, times: Times): string | undefined {
  if (expected.string !== undefined || value.type === 'string') return stringDifference(value, expected)
  if (expected.scalar !== undefined || value.type === 'scalar') return scalarDifference(value, expected)
  if (value.type === 'matrix') return matrixDifference(value.series, expected, times)
  const order = expected.ordered ? orderDifference(value.samples, expected.series) : undefined
  return order ?? seriesDifference(value.samples.map(samplePoints), expected.series, { ...times, endMs: times.startMs })
}

/** As `valueDifference`, of the points of a range query at one of its times. */
export function middleDifference(value: Value, expected: Expectation, timeMs: number): string | undefined {
  if (value.type !== 'matrix') return `expected a matrix, got a ${value.type}`
  const unsorted = orderOfMatrix(value.series)
  if (unsorted) return unsorted
  const at = value.series.map((series) => ({
    labels: series.labels,
    points: matrixPoints(series).filter((point) => point.timeMs === timeMs),
  }))
  const present = at.filter(({ points }) => points.length > 0)
  if (expected.scalar !== undefined) {
    const [point] = present[0]?.points ?? []
    if (!point) return `expected the scalar ${expected.scalar}, got no point`
    return scalarDifference({ type: 'scalar', timeMs, value: point.value }, expected)
  }
  return seriesDifference(present, expected.series, { startMs: timeMs, endMs: timeMs, stepMs: 0 })
}

/** @param found texts of the answer's annotations of one kind @param kind for the message */
export function annotationDifference(
  found: readonly string[],
  expected: ExpectedAnnotations,
  kind: 'warning' | 'info',
): string | undefined {
  if (expected === 'any') return undefined
  if (expected === 'none') return found.length === 0 ? undefined : `expected no ${kind}, got ${quotedList(found)}`
  for (const pattern of expected) {
    if (!found.some((text) => matches(pattern, text))) {
      return `expected ${described(pattern, kind)}, got ${found.length === 0 ? `no ${kind}` : quotedList(found)}`
    }
  }
  const stray = found.find((text) => !expected.some((pattern) => matches(pattern, text)))
  return stray && `expected ${expected.map((pattern) => described(pattern, kind)).join(', ')} alone, got "${stray}" too`
}

/** @param message of the error that ended the evaluation */
export function failureDifference(message: string, expected: TextPattern): string | undefined {
  return matches(expected, message) ? undefined : `expected ${described(expected, 'failure')}, got "${message}"`
}

function matches({ text, regex }: TextPattern, found: string): boolean {
  return text === undefined ? (regex?.test(found) ?? true) : text === found
}

function described({ text, regex }: TextPattern, kind: string): string {
  if (text !== undefined) return `the ${kind} "${text}"`
  return regex ? `a ${kind} like ${regex.source}` : `a ${kind}`
}

function quotedList(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ')
}

function stringDifference(value: Value, { string = '' }: Expectation): string | undefined {
  if (value.type !== 'string') return `expected the string ${JSON.stringify(string)}, got a ${value.type}`
  return value.value === string
    ? undefined
    : `expected the string ${JSON.stringify(string)}, got ${JSON.stringify(value.value)}`
}

function scalarDifference(value: Value, { scalar }: Expectation): string | undefined {
  if (scalar === undefined) return `expected a vector or a matrix, got a ${value.type}`
  if (value.type !== 'scalar') return `expected the scalar ${scalar}, got a ${value.type}`
  return almostEqual(value.value, scalar) ? undefined : `expected the scalar ${scalar}, got ${value.value}`
}

function matrixDifference(series: readonly MatrixSeries[], expected: Expectation, times: Times): string | undefined {
  if (expected.ordered) return 'expected an ordered vector, got a matrix'
  const found = series.map((one) => ({ labels: one.labels, points: matrixPoints(one) }))
  return orderOfMatrix(series) ?? seriesDifference(found, expected.series, times)
}

function orderOfMatrix(series: readonly MatrixSeries[]): string | undefined {
  for (let i = 1; i < series.length; i++) {
    const [before, after] = [series[i - 1].labels, series[i].labels]
    if (compareLabels(before, after) > 0) {
      return `expected a matrix sorted by labels, got ${formatLabels(before)} before ${formatLabels(after)}`
    }
  }
  return undefined
}

function orderDifference(samples: readonly VectorSample[], expected: readonly ExpectedSeries[]): string | undefined {
  for (const [i, { labels }] of samples.entries()) {
    const at = expected.findIndex((one) => labelsKey(one.labels) === labelsKey(labels))
    if (at !== -1 && at !== i) return `expected ${formatLabels(labels)} in place ${at + 1}, got it in place ${i + 1}`
  }
  return undefined
}

function seriesDifference(
  found: readonly { labels: LabelSet; points: readonly Point[] }[],
  expected: readonly ExpectedSeries[],
  times: Times,
): string | undefined {
  const missing = new Map(expected.map((series) => [labelsKey(series.labels), series]))
  const seen = new Set<string>()
  for (const { labels, points } of found) {
    const key = labelsKey(labels)
    const wanted = missing.get(key)
    if (seen.has(key)) return `expected ${formatLabels(labels)} once, got it twice`
    if (!wanted) return `expected no series ${formatLabels(labels)}, got it with ${pointsText(points)}`
    const difference = itemsDifference(wanted.items, points, times)
    if (difference) return `expected ${formatLabels(labels)} ${difference}`
    missing.delete(key)
    seen.add(key)
  }
  const [lost] = missing.values()
  return lost && `expected ${formatLabels(lost.labels)} ${lost.items.map(itemText).join(' ')}, got no such series`
}

/** The points in order of time, one each time. */
function itemsDifference(items: readonly ScriptItem[], points: readonly Point[], times: Times): string | undefined {
  const wanted = items.flatMap((item, i) => (item ? [{ item, timeMs: times.startMs + i * times.stepMs }] : []))
  const same =
    wanted.length === points.length &&
    wanted.every(({ item, timeMs }, i) => points[i].timeMs === timeMs && isItem(points[i], item))
  if (same) return undefined
  const first = wanted.findIndex(({ item, timeMs }, i) => {
    return points[i] === undefined || points[i].timeMs !== timeMs || !isItem(points[i], item)
  })
  if (first === -1) return `to end after ${wanted.length} points, got ${pointsText(points.slice(wanted.length))} more`
  const got = points[first]
  const at = times.stepMs === 0 ? '' : ` at ${wanted[first].timeMs / 1000} s`
  const text =
    got === undefined
      ? 'no point'
      : got.timeMs === wanted[first].timeMs
        ? pointText(got)
        : `${pointText(got)} at ${got.timeMs / 1000} s`
  return `${itemText(wanted[first].item)}${at}, got ${text}`
}

function isItem(point: Point, item: Exclude<ScriptItem, undefined>): boolean {
  if ('histogram' in item) {
    return point.histogram !== undefined && almostEqualHistograms(point.histogram, item.histogram, item.hintGiven)
  }
  // Answers hold no staleness markers.
  return point.histogram === undefined && !item.stale && almostEqual(point.value, item.value)
}

function samplePoints({ labels, timeMs, value, histogram }: VectorSample): { labels: LabelSet; points: Point[] } {
  return { labels, points: [{ timeMs, value, histogram }] }
}

function matrixPoints({ timeMs, value, histogramMs, histogram }: MatrixSeries): Point[] {
  const points: Point[] = Array.from(timeMs, (time, i) => ({ timeMs: time, value: value[i] }))
  histogramMs.forEach((time, i) => {
    points.push({ timeMs: time, value: Number.NaN, histogram: histogram[i] })
  })
  return points.sort((a, b) => a.timeMs - b.timeMs)
}

function itemText(item: ScriptItem): string {
  if (item === undefined) return '_'
  if ('histogram' in item) return histogramText(item.histogram, item.hintGiven)
  return item.stale ? 'stale' : String(item.value)
}

function pointText({ value, histogram }: Point): string {
  return histogram ? histogramText(histogram, true) : String(value)
}

function histogramText(histogram: NativeHistogram, withHint: boolean): string {
  return formatHistogramText(withHint ? histogram : { ...histogram, counterReset: 'unknown' })
}

function pointsText(points: readonly Point[]): string {
  const shown = points.slice(0, 5).map(pointText).join(' ')
  return points.length > 5 ? `${shown} and ${points.length - 5} more` : shown
}
