import type { Label } from '../../schemas/series/series.js'
import type { Fault } from './faults.js'
import { isMetricName, readLabels } from './labels.js'
import { numberWord } from './number.js'
import { readSeries } from './series-text.js'

/** The types of metric families. */
export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'stateset'
  | 'info'
  | 'summary'
  | 'unknown'

/** A `# TYPE`, `# HELP` or `# UNIT` line. */
export interface MetadataLine {
  keyword: 'TYPE' | 'HELP' | 'UNIT'
  name: string
  text: string
}

interface Exemplar {
  labels: Label[]
  value: number
}

/** A sample line. Times are seconds. */
export interface SampleLine {
  name: string
  labels: Label[]
  value: number
  timestamp: number | undefined
  exemplar: Exemplar | undefined
}

const METADATA = /^# (TYPE|HELP|UNIT) ([^ ]+) (.*)$/s
const TYPES = /^(?:counter|gauge|histogram|gaugehistogram|stateset|info|summary|unknown)$/
const UNIT = /^[a-zA-Z0-9_:]*$/
const REAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
/** Ends in an odd number of backslashes. */
const LONE_BACKSLASH = /(?:^|[^\\])(?:\\\\)*\\$/

/** Longest label set of an exemplar, code points of names and values together. */
const EXEMPLAR_CHARACTERS = 128

/** Reads a metadata line by the OpenMetrics 1.0 ABNF. The line is without its line feed. */
export function readMetadata(line: string): MetadataLine | Fault {
  const match = METADATA.exec(line)
  if (!match) return 'metadata'
  const [, keyword, name, text] = match
  if (!isMetricName(name)) return 'metricName'
  if (keyword === 'TYPE' && !isFamilyType(text)) return 'type'
  if (keyword === 'UNIT' && !UNIT.test(text)) return 'unitName'
  if (keyword === 'HELP' && LONE_BACKSLASH.test(text)) return 'helpEscape'
  return { keyword: keyword as MetadataLine['keyword'], name, text }
}

export function isFamilyType(text: string): text is FamilyType {
  return TYPES.test(text)
}

/** Reads a sample line by the OpenMetrics 1.0 ABNF. The line is without its line feed. */
export function readSample(line: string): SampleLine | Fault {
  const series = readSeries(line, 'strict')
  if (typeof series === 'string') return series
  const hash = line.indexOf(' # ', series.end)
  const measured = readValue(line.slice(series.end, hash === -1 ? undefined : hash))
  if (typeof measured === 'string') return measured
  const exemplar = hash === -1 ? undefined : readExemplar(line.slice(hash + 3))
  if (typeof exemplar === 'string') return exemplar
  return { name: series.metric, labels: series.labels, ...measured, exemplar }
}

function readExemplar(text: string): Exemplar | Fault {
  if (text[0] !== '{') return 'exemplar'
  const block = readLabels(text, 0, 'strict')
  if (typeof block === 'string') return block
  let characters = 0
  for (const [name, value] of block.labels) characters += [...name].length + [...value].length
  if (characters > EXEMPLAR_CHARACTERS) return 'exemplarLength'
  const measured = readValue(text.slice(block.end))
  if (typeof measured === 'string') return measured
  return { labels: block.labels, value: measured.value }
}

/** Reads ` value [timestamp]`, with its leading space. */
function readValue(text: string): { value: number; timestamp: number | undefined } | Fault {
  const [before, value, timestamp, ...more] = text.split(' ')
  if (before !== '' || !value) return 'noValue'
  if (more.length > 0) return 'trailing'
  const number = readNumber(value)
  if (number === undefined) return 'value'
  if (timestamp === undefined) return { value: number, timestamp }
  const seconds = readReal(timestamp)
  return seconds === undefined ? 'timestamp' : { value: number, timestamp: seconds }
}

/** `number` of the ABNF. */
export function readNumber(text: string): number | undefined {
  return readReal(text) ?? numberWord(text)
}

/** `realnumber` of the ABNF; undefined also if it is beyond every float. */
function readReal(text: string): number | undefined {
  if (!REAL.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}
