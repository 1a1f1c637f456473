import type { Label } from '../schemas/series/series.js'
import { quoteString } from './print/quote.js'

/** The label that holds the metric name. */
export const METRIC_NAME = '__name__'

/** A label set as everything in the evaluator has it: sorted by name, no empty value. */
export type LabelSet = readonly Label[]

/** A text that two label sets share exactly if they are the same set. */
export function labelsKey(labels: LabelSet): string {
  let key = ''
  for (const [name, value] of labels) key += `${name}\0${value}\0`
  return key
}

/** Value of a label, '' if the set does not have it. */
export function labelValue(labels: LabelSet, name: string): string {
  for (const label of labels) if (label[0] === name) return label[1]
  return ''
}

/** The labels whose names are in `names`. */
export function keepLabels(labels: LabelSet, names: ReadonlySet<string>): Label[] {
  return labels.filter(([name]) => names.has(name))
}

/** The labels whose names are not in `names`. */
export function dropLabels(labels: LabelSet, names: ReadonlySet<string>): Label[] {
  return labels.filter(([name]) => !names.has(name))
}

/** The set with this label set to `value`, or without it if that is ''. */
export function setLabel(labels: LabelSet, name: string, value: string): Label[] {
  const rest = labels.filter((label) => label[0] !== name)
  if (value === '') return rest
  const at = rest.findIndex((label) => label[0] > name)
  rest.splice(at === -1 ? rest.length : at, 0, [name, value])
  return rest
}

/** True for the labels that say what a metric is: they go where a value is no longer that metric's. */
export function isMetadataLabel(name: string): boolean {
  return name === METRIC_NAME || name === '__type__' || name === '__unit__'
}

/** The set without the metric name, its type and its unit. */
export function dropMetadata(labels: LabelSet): LabelSet {
  return labels.some(([name]) => isMetadataLabel(name)) ? labels.filter(([name]) => !isMetadataLabel(name)) : labels
}

/** Order of label sets in an answer: by the first label that differs, a prefix first. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    if (a[i][0] !== b[i][0]) return a[i][0] < b[i][0] ? -1 : 1
    if (a[i][1] !== b[i][1]) return a[i][1] < b[i][1] ? -1 : 1
  }
  return a.length - b.length
}

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** `{__name__="up", job="api"}`: as Prometheus prints label sets in its messages, the metric name among them. */
export function formatLabels(labels: LabelSet): string {
  const pairs = labels.map(
    ([name, value]) => `${PLAIN_NAME.test(name) ? name : quoteString(name)}=${quoteString(value)}`,
  )
  return `{${pairs.join(', ')}}`
}
