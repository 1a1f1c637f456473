import { isUtf8 } from 'node:buffer'
import type { Label } from '../../schemas/series/series.js'
import type { Fault } from './faults.js'
import { type Grammar, isMetricName, readLabels } from './labels.js'

/** The series part of a line, `name{labels}`, as it was read. */
export interface SeriesText {
  metric: string
  labels: Label[]
  /** Index behind it. */
  end: number
}

const NAME = /[^ \t{]*/y
const BLANKS_BEFORE_BRACE = /[ \t]*(?={)/y

/** Reads a series that begins at index 0 of `text`. Of the lenient grammar see {@link readLabels}. */
export function readSeries(text: string, grammar: Grammar): SeriesText | Fault {
  NAME.lastIndex = 0
  const name = NAME.exec(text)![0]
  if (name !== '' && !isMetricName(name)) return 'metricName'
  let at = name.length
  if (grammar === 'lenient') {
    BLANKS_BEFORE_BRACE.lastIndex = at
    at += BLANKS_BEFORE_BRACE.exec(text)?.[0].length ?? 0
  }
  if (text[at] !== '{') return name === '' ? 'metricName' : { metric: name, labels: [], end: at }
  const block = readLabels(text, at, grammar)
  if (typeof block === 'string') return block
  if (name !== '' && block.metric !== undefined) return 'labelEquals'
  const metric = name === '' ? block.metric : name
  return metric ? { metric, labels: block.labels, end: block.end } : 'metricName'
}

/** True if a name or value holds a zero byte, which separates the parts of a series' identity. */
export function hasZeroByte({ metric, labels }: Pick<SeriesText, 'metric' | 'labels'>): boolean {
  return metric.includes('\0') || labels.some(([name, value]) => name.includes('\0') || value.includes('\0'))
}

/** Bytes [start, end) as text, or undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  const part = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  return isUtf8(part) ? part.toString('utf8') : undefined
}
