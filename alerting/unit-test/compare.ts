import { formatHistogramText, parseHistogramText } from '../../promql/histogram/index.js'
import { compareLabels, formatLabels, type LabelSet } from '../../promql/labels.js'
import { formatG } from '../../promql/print/number.js'
import type { Given } from '../ask.js'
import type { ExpectedAlert, ExpectedSample } from './test-file.js'

/** How the firing alerts differ from those expected, as promtool tells it; undefined if they do not. */
export function alertDifference(
  expected: readonly ExpectedAlert[],
  found: readonly ExpectedAlert[],
): string | undefined {
  const [exp, got] = [alertTexts(expected), alertTexts(found)]
  if (exp.length === got.length && exp.every((text, i) => text === got[i])) return undefined
  return `        exp:${listed(exp)},\n        got:${listed(got)}`
}

/** How samples differ from those expected, as promtool tells it; undefined if they do not. */
export function sampleDifference(
  expected: readonly ExpectedSample[],
  found: readonly Given[],
  fuzzy: boolean,
): string | undefined {
  const exp = expected.map(({ labels, value, histogram }) => ({
    labels,
    value,
    histogram: histogram === undefined ? '' : formatHistogramText(parseHistogramText(histogram)),
  }))
  const got = found.map(({ labels, value, histogram }) => ({
    labels,
    value,
    histogram: histogram ? formatHistogramText(histogram) : '',
  }))
  const [left, right] = [exp.sort(byLabels), got.sort(byLabels)]
  const same =
    left.length === right.length &&
    left.every((sample, i) => {
      const other = right[i]
      const sameValue = sample.histogram !== '' || isSame(sample.value, other.value, fuzzy)
      return compareLabels(sample.labels, other.labels) === 0 && sample.histogram === other.histogram && sameValue
    })
  return same ? undefined : `        exp: ${sampleTexts(left)}\n        got: ${sampleTexts(right)}`
}

interface ComparedSample {
  labels: LabelSet
  value: number
  histogram: string
}

function byLabels(a: ComparedSample, b: ComparedSample): number {
  return compareLabels(a.labels, b.labels)
}

function isSame(a: number, b: number, fuzzy: boolean): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  return fuzzy && areNeighbours(a, b)
}

/** True if no float lies between the two. */
function areNeighbours(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false
  const distance = place(a) - place(b)
  return distance === 1n || distance === -1n
}

/** The place of a float among all, counted from zero. */
function place(value: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(value).buffer)[0]
  return bits >= 0n ? bits : -(bits & 0x7fffffffffffffffn)
}

function sampleTexts(samples: readonly ComparedSample[]): string {
  if (samples.length === 0) return 'nil'
  return samples
    .map(({ labels, value, histogram }) => `${formatLabels(labels)} ${histogram || formatG(value)}`)
    .join(', ')
}

function alertTexts(alerts: readonly ExpectedAlert[]): string[] {
  return alerts
    .map(({ labels, annotations }) => `Labels:${pairsText(labels)}\nAnnotations:${pairsText(annotations)}`)
    .sort()
}

function pairsText(pairs: Readonly<Record<string, string>>): string {
  return formatLabels(Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function listed(texts: readonly string[]): string {
  if (texts.length === 0) return '[]'
  const indented = (text: string) => text.replaceAll('\n', `\n${' '.repeat(14)}`)
  const items = texts.map((text, i) => `\n            ${i}:\n              ${indented(text)}`)
  return `[${items.join(',')}\n            ]`
}
