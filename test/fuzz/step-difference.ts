import type { MatrixSeries, Value, VectorSample } from '../../promql/engine.js'
import { equalHistograms } from '../../promql/histogram/index.js'
import { formatLabels, labelsKey } from '../../promql/labels.js'
import type { NativeHistogram } from '../../schemas/histogram.js'
import { describeOutcome, type Outcome } from './outcome.js'

/** Errors that depend on how much is asked for at once. */
const LIMITS = ['TM_QUERY_SAMPLES', 'TM_QUERY_RESULT']

/**
 * How the value of a range query at a step differs from the instant query at that time. Order, and what is known of
 * resets, belong to the instant query alone.
 */
export function stepDifference(range: Outcome, instant: Outcome, timeMs: number): string | undefined {
  if (range.type !== 'answer') return undefined
  if (instant.type !== 'answer') {
    const isLimit = instant.type === 'refusal' && LIMITS.includes(instant.code)
    return isLimit ? undefined : `the range query has an answer, the instant query gives ${describeOutcome(instant)}`
  }
  const atStep = pointsAt(range.result.value, timeMs)
  const alone = points(instant.result.value)
  for (const key of new Set([...atStep.keys(), ...alone.keys()])) {
    const [a, b] = [atStep.get(key), alone.get(key)]
    if (!equalPoints(a, b)) return `${(a ?? b)?.name} is ${show(a)} in the range query, ${show(b)} in the instant query`
  }
  return undefined
}

interface Point {
  name: string
  value: number
  histogram?: NativeHistogram
}

function pointsAt(value: Value, timeMs: number): Map<string, Point> {
  const found = new Map<string, Point>()
  if (value.type !== 'matrix') return found
  for (const series of value.series) {
    const point = pointAt(series, timeMs)
    if (point) found.set(labelsKey(series.labels), point)
  }
  return found
}

function pointAt(series: MatrixSeries, timeMs: number): Point | undefined {
  const name = formatLabels(series.labels)
  const float = series.timeMs.indexOf(timeMs)
  if (float >= 0) return { name, value: series.value[float] }
  const at = series.histogramMs.indexOf(timeMs)
  return at >= 0 ? { name, value: 0, histogram: series.histogram[at] } : undefined
}

function points(value: Value): Map<string, Point> {
  if (value.type === 'scalar') return new Map([['', { name: 'the scalar', value: value.value }]])
  const samples: VectorSample[] = value.type === 'vector' ? value.samples : []
  return new Map(samples.map((one) => [labelsKey(one.labels), { name: formatLabels(one.labels), ...one }]))
}

function equalPoints(a: Point | undefined, b: Point | undefined): boolean {
  if (!a || !b) return a === b
  if (a.histogram && b.histogram) return equalHistograms(a.histogram, b.histogram)
  return !a.histogram && !b.histogram && Object.is(a.value, b.value)
}

function show(point: Point | undefined): string {
  if (!point) return 'absent'
  return point.histogram ? JSON.stringify(point.histogram) : Object.is(point.value, -0) ? '-0' : String(point.value)
}
