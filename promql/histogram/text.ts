import {
  type CounterReset,
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramBuckets,
  type NativeHistogram,
} from '../../schemas/histogram.js'
import { formatG } from '../print/number.js'
import { AscendingBuckets } from './ascending.js'
import { hasCustomBuckets } from './bounds.js'
import { NO_BUCKETS } from './buckets.js'

const ENTRY = /\s*([a-z_]+):\s*(\[[^\]]*\]|[^\s[\]{}]+)/y
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const INFINITE = /^([+-]?)inf(?:inity)?$/i
const HINTS: Readonly<Record<string, CounterReset>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'notReset',
  gauge: 'gauge',
}
const NUMBERS = ['schema', 'sum', 'count', 'z_bucket', 'z_bucket_w', 'offset', 'n_offset'] as const
const LISTS = ['buckets', 'n_buckets', 'custom_values'] as const

/**
 * Reads a histogram as Prometheus's test scripts write one: `{{schema:1 count:3 sum:4.5 buckets:[1 0 2]}}`. Every key
 * may be left out: schema, sum, count, z_bucket, z_bucket_w, offset, buckets, n_offset, n_buckets, custom_values,
 * counter_reset_hint (unknown, reset, not_reset, gauge).
 * @throws Error that says what cannot be read
 */
export function parseHistogramText(text: string): NativeHistogram {
  const entries = readEntries(text)
  const number = (key: (typeof NUMBERS)[number]) => toNumber(key, entries.get(key) ?? '0')
  const list = (key: (typeof LISTS)[number]) => toNumbers(key, entries.get(key))
  const schema = number('schema')
  const isCustom = schema === CUSTOM_BUCKETS_SCHEMA
  if (!isCustom && !(Number.isInteger(schema) && schema >= -4 && schema <= 8)) {
    throw new Error(`schema is ${schema}, it must be -4 to 8, or ${CUSTOM_BUCKETS_SCHEMA} for custom buckets`)
  }
  if (!isCustom && entries.has('custom_values')) throw new Error(`custom_values need schema:${CUSTOM_BUCKETS_SCHEMA}`)
  const hint = entries.get('counter_reset_hint') ?? 'unknown'
  if (HINTS[hint] === undefined) {
    throw new Error(`counter_reset_hint is "${hint}", it must be one of ${Object.keys(HINTS).join(', ')}`)
  }
  return {
    schema,
    zeroThreshold: number('z_bucket_w'),
    zeroCount: number('z_bucket'),
    count: number('count'),
    sum: number('sum'),
    positive: fromOffset(number('offset'), list('buckets')),
    negative: fromOffset(number('n_offset'), list('n_buckets')),
    ...(isCustom && { customValues: list('custom_values') }),
    counterReset: HINTS[hint],
  }
}

/** `{count:3, sum:4.5, (0.5,1]:1, (2,4]:2}`: the histogram as Prometheus writes one into a label or a message. */
export function formatHistogram(histogram: NativeHistogram): string {
  const buckets = new AscendingBuckets(histogram)
  const parts = [`count:${formatG(histogram.count)}`, `sum:${formatG(histogram.sum)}`]
  for (let place = 0; place < buckets.length; place++) {
    if (buckets.count(place) === 0) continue
    const open = buckets.holdsLower(place) ? '[' : '('
    const close = buckets.holdsUpper(place) ? ']' : ')'
    const bounds = `${open}${formatG(buckets.lower(place))},${formatG(buckets.upper(place))}${close}`
    parts.push(`${bounds}:${formatG(buckets.count(place))}`)
  }
  return `{${parts.join(', ')}}`
}

/** The form that `parseHistogramText` reads; what has its default is left out. */
export function formatHistogramText(histogram: NativeHistogram): string {
  const parts: string[] = []
  const add = (key: string, value: number) => {
    if (value !== 0) parts.push(`${key}:${formatG(value)}`)
  }
  add('schema', histogram.schema)
  add('count', histogram.count)
  add('sum', histogram.sum)
  add('z_bucket', histogram.zeroCount)
  add('z_bucket_w', histogram.zeroThreshold)
  if (hasCustomBuckets(histogram)) parts.push(`custom_values:${formatList(histogram.customValues ?? [])}`)
  const hint = Object.keys(HINTS).find((name) => HINTS[name] === histogram.counterReset)
  if (histogram.counterReset !== 'unknown') parts.push(`counter_reset_hint:${hint}`)
  parts.push(...formatBuckets('', histogram.positive), ...formatBuckets('n_', histogram.negative))
  return `{{${parts.join(' ')}}}`
}

function readEntries(text: string): Map<string, string> {
  const inner = /^\s*\{\{(.*)\}\}\s*$/s.exec(text)?.[1]
  if (inner === undefined) throw new Error(`a histogram stands in {{ and }}, found "${text}"`)
  const known: readonly string[] = [...NUMBERS, ...LISTS, 'counter_reset_hint']
  const entries = new Map<string, string>()
  for (let at = 0; inner.slice(at).trim() !== ''; at = ENTRY.lastIndex) {
    ENTRY.lastIndex = at
    const [, key, value] = ENTRY.exec(inner) ?? []
    if (key === undefined) throw new Error(`"key:value" is expected in a histogram, found "${inner.slice(at).trim()}"`)
    if (!known.includes(key)) throw new Error(`a histogram has no key "${key}"; it may have ${known.join(', ')}`)
    if (entries.has(key)) throw new Error(`duplicate key "${key}" in histogram`)
    entries.set(key, value)
  }
  return entries
}

function toNumber(key: string, text: string): number {
  const infinite = INFINITE.exec(text)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  if (!NUMBER.test(text)) throw new Error(`${key} is "${text}", it must be a number`)
  return Number(text)
}

function toNumbers(key: string, text: string | undefined): number[] {
  if (text === undefined) return []
  if (!text.startsWith('[')) throw new Error(`${key} is "${text}", it must be a list such as [1 2 3]`)
  const words = text.slice(1, -1).split(/\s+/)
  return words.filter((word) => word !== '').map((word) => toNumber(key, word))
}

function fromOffset(offset: number, count: readonly number[]): HistogramBuckets {
  if (!Number.isInteger(offset)) throw new Error(`the offset of the buckets is ${offset}, it must be a whole number`)
  return count.length === 0 ? NO_BUCKETS : { index: count.map((_, i) => offset + i), count }
}

function formatBuckets(prefix: string, { index, count }: HistogramBuckets): string[] {
  if (index.length === 0) return []
  const counts = new Array<number>(index[index.length - 1] - index[0] + 1).fill(0)
  for (let i = 0; i < index.length; i++) counts[index[i] - index[0]] = count[i]
  const offset = index[0] === 0 ? [] : [`${prefix}offset:${index[0]}`]
  return [...offset, `${prefix}buckets:${formatList(counts)}`]
}

const formatList = (values: readonly number[]) => `[${values.map(formatG).join(' ')}]`
