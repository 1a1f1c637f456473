import type { Value } from '../../promql/engine.js'
import { formatLabels } from '../../promql/labels.js'
import type { NativeHistogram } from '../../schemas/histogram.js'
import { describeOutcome, type Outcome } from './outcome.js'

/**
 * How two answers to one query differ beyond what another order of adding, or sketches, may change.
 * @param tolerance relative
 */
export function outcomeDifference(a: Outcome, b: Outcome, tolerance: number): string | undefined {
  if (a.type !== 'answer' || b.type !== 'answer') {
    const isSame = a.type === 'refusal' && b.type === 'refusal' && a.code === b.code
    return isSame ? undefined : `${describeOutcome(a)} against ${describeOutcome(b)}`
  }
  const [left, right] = [floats(a.result.value), floats(b.result.value)]
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left.get(key), right.get(key)]
    if (one === undefined || other === undefined || !isClose(one, other, tolerance)) {
      return `${key} is ${one ?? 'absent'} against ${other ?? 'absent'}`
    }
  }
  return undefined
}

/** Floats by series and time. */
function floats(value: Value): Map<string, number> {
  const found = new Map<string, number>()
  if (value.type === 'scalar') found.set('the scalar', value.value)
  if (value.type === 'vector') for (const one of value.samples) found.set(formatLabels(one.labels), one.value)
  if (value.type !== 'matrix') return found
  for (const { labels, timeMs, value: values, histogramMs, histogram } of value.series) {
    const name = formatLabels(labels)
    for (const [i, ms] of histogramMs.entries()) setHistogram(found, `${name} at ${ms / 1000} s`, histogram[i])
    for (const [i, ms] of timeMs.entries()) found.set(`${name} at ${ms / 1000} s`, values[i])
  }
  return found
}

/** Every number of a histogram. */
function setHistogram(found: Map<string, number>, name: string, histogram: NativeHistogram): void {
  const { schema, zeroCount, count, sum, positive, negative } = histogram
  for (const [part, number] of Object.entries({ schema, zeroCount, count, sum }))
    found.set(`${part} of ${name}`, number)
  for (const [side, { index, count: counts }] of Object.entries({ positive, negative })) {
    for (const [i, bucket] of index.entries()) found.set(`${side} bucket ${bucket} of ${name}`, counts[i])
  }
}

function isClose(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b))
}
