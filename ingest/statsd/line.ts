import { isUtf8 } from 'node:buffer'
import type { Label } from '../../schemas/series/series.js'
import { parseDecimal } from '../text/decimal.js'
import type { StatsdDialects } from './dialects.js'
import { readDogstatsdTags, type Tags, takeNameTags } from './tags.js'

export type StatsdType = 'counter' | 'gauge' | 'timer' | 'set'

/** One observation of a line. */
export interface StatsdSample {
  type: StatsdType
  /** As sent, without its tags. */
  name: string
  /** The same array for all samples of a line that have the same labels. */
  labels: readonly Label[]
  /** As sent; NaN for a set. The amount is `value / divisor`. */
  value: number
  /** The sample rate of a counter, 1000 for a timer in ms, else 1. */
  divisor: number
  /** How many occurrences a timer stands for: 1 / sample rate; else 1. */
  weight: number
  /** True for a gauge written with a sign: it changes the last value. */
  relative: boolean
  /** The value's text, which is the member of a set. */
  text: string
  /** DogStatsD's `|T`, ms since the epoch. */
  timeMs?: number
}

/** Why a sample, or a part of it, was not understood. */
export const SAMPLE_ERRORS = {
  malformed_line: 'the line is not valid UTF-8 in the form name:value|type',
  mixed_tagging_styles: 'the line has tags in its name and behind |#; only one of them may be used',
  not_enough_parts_after_colon: 'there is no |type behind the value',
  invalid_extended_aggregate_type: 'several values in one sample need the type ms, h or d',
  malformed_component: 'a sample has 2 to 8 parts between | and none of them is empty',
  malformed_value: 'the value is not a number',
  invalid_sample_factor: 'a part is neither a sample rate (@0.1), tags (#key:value) nor a container (c:id)',
  malformed_container_id: 'the container part must be c:<id>',
  illegal_event: 'the type is not one of c, g, ms, h, d, s',
} as const

export type SampleError = keyof typeof SAMPLE_ERRORS

/** Hears what a line says, in its order. */
export interface StatsdListener {
  sample(sample: StatsdSample): void
  sampleError(reason: SampleError, text: string): void
  /** A tag was left out of so many samples, which are kept. */
  tagError(tag: string, samples: number): void
  /** The line is a DogStatsD event or service check, which are no metrics. */
  skipped(): void
}

/** What a line's reader is set to. */
export interface LineRules {
  dialects: StatsdDialects
  /** False: the type `s` is an error. */
  sets: boolean
}

const MOST_COMPONENTS = 8
const AGGREGATED_TYPES = new Set(['ms', 'h', 'd'])
/** DogStatsD's parts that are a word, a colon and a free text. */
const WORDED_PARTS = new Set(['c', 'e', 'card'])

/**
 * Reads one line, without its newline. The rules, and the order of the checks, are those of Prometheus's
 * statsd_exporter, so that its users see the same points and the same error counts; beyond them `|c:` needs no `|#`
 * before it, and DogStatsD 1.4 and 1.5's `|e:` and `|card:` are accepted and left out.
 * @returns true if all samples of the line share its name and everything behind their values
 */
export function parseStatsdLine(line: Uint8Array, rules: LineRules, listener: StatsdListener): boolean {
  if (line.length === 0) return false
  const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString()
  if (rules.dialects.dogstatsd && (text.startsWith('_e{') || text.startsWith('_sc|'))) {
    listener.skipped()
    return false
  }
  const fail = (reason: SampleError) => {
    listener.sampleError(reason, text)
    return false
  }
  const colon = text.indexOf(':')
  if (colon < 1 || !isUtf8(line)) return fail('malformed_line')
  const tags: Tags = new Map()
  const name = takeNameTags(text.slice(0, colon), rules.dialects, tags, (tag) => listener.tagError(tag, 1))
  const rest = text.slice(colon + 1)
  const tagged = rest.includes('|#')
  if (tagged && tags.size > 0) return fail('mixed_tagging_styles')
  const pipe = rest.indexOf('|')
  if (pipe === -1) return fail('not_enough_parts_after_colon')
  const values = rest.slice(0, pipe)
  const aggregated = values.includes(':')
  if (aggregated && !AGGREGATED_TYPES.has(rest.split('|', 2)[1])) return fail('invalid_extended_aggregate_type')
  const head: LineHead = { text, name, tags, labels: [...tags] }
  if (aggregated) {
    readSamples(head, values.split(':'), rest.slice(pipe), rules, listener)
    return true
  }
  const samples = tagged ? [rest] : splitSamples(rest, rules.dialects.dogstatsd)
  for (const sample of samples) {
    const end = sample.includes('|') ? sample.indexOf('|') : sample.length
    readSamples(head, [sample.slice(0, end)], sample.slice(end), rules, listener)
  }
  return samples.length === 1
}

/** Splits `1|c:2|c|@0.5` at its colons, but not at the one inside a part like `|c:container`. */
function splitSamples(rest: string, dogstatsd: boolean): string[] {
  const samples: string[] = []
  let start = 0
  let component = 0
  let components = 1
  let worded = false
  for (let i = 0; i < rest.length; i++) {
    if (rest[i] === '|') {
      component = i + 1
      components++
      worded = false
    } else if (rest[i] === ':' && !worded) {
      worded = dogstatsd && components > 2 && WORDED_PARTS.has(rest.slice(component, i))
      if (worded) continue
      samples.push(rest.slice(start, i))
      start = component = i + 1
      components = 1
    }
  }
  samples.push(rest.slice(start))
  return samples
}

/** What all samples of a line share. */
interface LineHead {
  text: string
  name: string
  tags: Tags
  labels: readonly Label[]
}

/** What stands behind a sample's type, read once for all of its values. */
interface SampleParts {
  /** Why a sample with these parts is refused. */
  error?: SampleError
  labels: readonly Label[]
  rate: number
  badRates: number
  badTags: string[]
  timeMs?: number
}

/** Reads values that share what stands behind them: `|type`, then the parts. */
function readSamples(head: LineHead, values: string[], behind: string, rules: LineRules, listener: StatsdListener) {
  const [, type, ...texts] = behind.split('|')
  const isShaped = type !== undefined && texts.length + 2 <= MOST_COMPONENTS
  const isSet = type === 's' && rules.sets
  const parts = readParts(isShaped ? texts : [], head, rules)
  let reached = 0
  const readValue = (text: string): StatsdSample | SampleError => {
    if (!isShaped) return 'malformed_component'
    const value = isSet ? NaN : parseValue(text)
    if (value === undefined || (isSet && text === '')) return 'malformed_value'
    if (texts.includes('')) return 'malformed_component'
    reached++
    for (let i = 0; i < parts.badRates; i++) listener.sampleError('invalid_sample_factor', head.text)
    return parts.error ?? sampleOf(isSet ? 'set' : type, text, value, head.name, parts) ?? 'illegal_event'
  }
  for (const value of values) {
    const read = readValue(value)
    if (typeof read === 'string') listener.sampleError(read, head.text)
    else listener.sample(read)
  }
  if (reached > 0) for (const tag of parts.badTags) listener.tagError(tag, reached)
}

function sampleOf(
  type: string,
  text: string,
  value: number,
  name: string,
  { labels, rate, timeMs }: SampleParts,
): StatsdSample | undefined {
  const told = { name, labels, value, text, relative: false, divisor: 1, weight: 1, timeMs }
  switch (type) {
    case 'c':
      return { ...told, type: 'counter', divisor: rate }
    case 'g':
      return { ...told, type: 'gauge', relative: /^[+-]/.test(text) }
    case 'ms':
      return { ...told, type: 'timer', divisor: 1000, weight: 1 / rate }
    case 'h':
    case 'd':
      return { ...told, type: 'timer', weight: 1 / rate }
    case 'set':
      return { ...told, type: 'set' }
    default:
      return undefined
  }
}

function readParts(texts: string[], head: LineHead, { dialects }: LineRules): SampleParts {
  const parts: SampleParts = { labels: head.labels, rate: 1, badRates: 0, badTags: [] }
  const tags: Tags = texts.some(isLabelPart) ? new Map(head.tags) : head.tags
  for (const text of texts) {
    if (text[0] === '@') {
      const rate = parseRate(text.slice(1))
      if (Number.isNaN(rate)) parts.badRates++
      parts.rate = rate || 1
    } else if (text[0] === '#') {
      if (dialects.dogstatsd) readDogstatsdTags(text.slice(1), tags, (tag) => parts.badTags.push(tag))
    } else if (text[0] === 'T') parts.timeMs = parseTimestamp(text.slice(1)) ?? parts.timeMs
    else if (dialects.dogstatsd && /^(e|card):/.test(text)) continue
    else if (text[0] === 'c' && text.startsWith('c:') && text.length > 2) tags.set('container_id', text.slice(2))
    else {
      parts.error = text[0] === 'c' ? 'malformed_container_id' : 'invalid_sample_factor'
      break
    }
  }
  if (tags !== head.tags) parts.labels = [...tags]
  return parts
}

function isLabelPart(text: string): boolean {
  return text[0] === '#' || text[0] === 'c'
}

/** A decimal, `nan`, or `inf` with an optional sign; undefined for all else, decimals beyond every float among it. */
function parseValue(text: string): number | undefined {
  const bytes = Buffer.from(text)
  const value = parseDecimal(bytes, 0, bytes.length)
  if (Number.isFinite(value)) return value
  const word = /^(?:nan|([+-]?)inf(?:inity)?)$/i.exec(text)
  if (word === null) return undefined
  return word[1] === undefined ? NaN : word[1] === '-' ? -Infinity : Infinity
}

/** A sample rate, 0 included; NaN if it is none, or so small that 1 / rate is no number. */
function parseRate(text: string): number {
  const rate = parseValue(text) ?? NaN
  return rate === 0 || (rate > 0 && rate < Infinity && 1 / rate < Infinity) ? rate : NaN
}

/** Seconds since the epoch as ms; undefined if it is no whole number, and the sample's time is that of its arrival. */
function parseTimestamp(text: string): number | undefined {
  return /^[+-]?[0-9]{1,15}$/.test(text) ? Number(text) * 1000 : undefined
}
