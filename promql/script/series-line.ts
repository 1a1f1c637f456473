import type { NativeHistogram } from '../../schemas/histogram.js'
import {
  addHistograms,
  type Combined,
  joinCounterResets,
  parseHistogramText,
  subtractHistograms,
} from '../histogram/index.js'
import { type LabelSet, METRIC_NAME } from '../labels.js'
import { unquote } from '../string-literal.js'
import type { HistogramItem, ScriptItem } from './command.js'

/** No line may unroll to more items than this. */
const ITEMS_LIMIT = 1_000_000

const METRIC = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y
const BLANKS = /[ \t]*/y
const OMITTED = /^_(?:x(\d+))?$/
const UNSIGNED = '(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?|[iI][nN][fF]|[nN][aA][nN]'
const FLOAT = new RegExp(`^([+-]?(?:${UNSIGNED}))(?:([+-](?:${UNSIGNED}))?x(\\d+))?$`)
const STALE = /^stale(?:x(\d+))?$/
const REPEAT = /^x(\d+)(?=\s|$)/

/**
 * Reads a line such as `http_requests{path="/"} 0+10x3 _ {{count:2}}x2`.
 * @throws Error that says what cannot be read
 */
export function parseSeriesLine(line: string): { labels: LabelSet; items: ScriptItem[] } {
  const reader = new SeriesReader(line)
  const labels = reader.labels()
  return { labels, items: parseItems(reader.rest()) }
}

/** The labels of a line that has no items. @throws Error */
export function parseSeriesLabels(text: string): LabelSet {
  const reader = new SeriesReader(text)
  const labels = reader.labels()
  if (reader.rest() !== '') throw new Error(`unexpected "${reader.rest()}" after the series`)
  return labels
}

/** A number as scripts have it: Go's integers of any base, floats, Inf and NaN. @returns undefined if it is none */
export function parseScriptNumber(text: string): number | undefined {
  const [, sign, digits] = /^([+-]?)(.+)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const factor = sign === '-' ? -1 : 1
  if (/^(?:inf|infinity)$/i.test(digits)) return factor * Number.POSITIVE_INFINITY
  if (/^nan$/i.test(digits)) return Number.NaN
  if (/^0(?:x[0-9a-f]+|o[0-7]+|b[01]+)$/i.test(digits)) return factor * Number(digits)
  if (/^0[0-7]+$/.test(digits)) return factor * Number.parseInt(digits, 8)
  return /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(digits) ? factor * Number(digits) : undefined
}

class SeriesReader {
  #at = 0

  constructor(private readonly text: string) {}

  /** What has not been read yet. */
  rest(): string {
    return this.text.slice(this.#at).trim()
  }

  /** `name`, `name{a="b"}`, `{"quoted name", a="b"}` or `{}`. */
  labels(): LabelSet {
    const pairs = new Map<string, string>()
    const name = this.#read(METRIC)
    if (name !== undefined) pairs.set(METRIC_NAME, name)
    // Behind a blank it is a histogram's brace.
    if (this.text[this.#at] === '{' && this.#skip('{')) this.#braces(pairs)
    else if (name === undefined) throw new Error(`a series starts with a name or a brace, found "${this.rest()}"`)
    const labels = [...pairs].filter(([, value]) => value !== '')
    return labels.sort((a, b) => (a[0] < b[0] ? -1 : 1))
  }

  #braces(pairs: Map<string, string>): void {
    while (!this.#skip('}')) {
      const quoted = this.#read(STRING)
      const name = quoted === undefined ? this.#read(NAME) : unquote(quoted)
      if (name === undefined) throw new Error(`a label or "}" is expected, found "${this.rest()}"`)
      if (this.#skip('=')) {
        const value = this.#read(STRING)
        if (value === undefined) throw new Error(`label ${name} has no quoted value`)
        this.#set(pairs, name, unquote(value))
      } else if (quoted !== undefined) {
        this.#set(pairs, METRIC_NAME, name)
      } else {
        throw new Error(`label ${name} has no value`)
      }
      if (!this.#skip(',') && this.text[this.#at] !== '}')
        throw new Error(`"," or "}" is expected, found "${this.rest()}"`)
    }
  }

  #set(pairs: Map<string, string>, name: string, value: string): void {
    if (pairs.has(name)) throw new Error(`label ${name} is set twice`)
    pairs.set(name, value)
  }

  #skip(character: string): boolean {
    this.#read(BLANKS)
    if (this.text[this.#at] !== character) return false
    this.#at++
    this.#read(BLANKS)
    return true
  }

  #read(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}

function parseItems(text: string): ScriptItem[] {
  const items: ScriptItem[] = []
  let rest = text
  while (rest !== '') {
    const length = rest.startsWith('{{') ? histogramItems(rest, items) : plainItems(rest, items)
    if (items.length > ITEMS_LIMIT) throw new Error(`the line has more than ${ITEMS_LIMIT} items`)
    rest = rest.slice(length).trimStart()
  }
  return items
}

/** Adds the items of the first word. @returns its length */
function plainItems(text: string, items: ScriptItem[]): number {
  const word = /^\S+/.exec(text)?.[0] ?? ''
  const omitted = OMITTED.exec(word)
  const stale = STALE.exec(word)
  const float = FLOAT.exec(word)
  if (omitted) {
    const times = count(omitted[1] ?? '1')
    if (times === 0) throw new Error(`"${word}" leaves out no point: _xN needs an N of 1 or more`)
    for (let i = 0; i < times; i++) items.push(undefined)
  } else if (stale) {
    for (let i = 0; i <= count(stale[1] ?? '0'); i++) items.push({ value: Number.NaN, stale: true })
  } else if (float) {
    let value = floatValue(float[1])
    const step = float[2] === undefined ? 0 : floatValue(float[2])
    const times = count(float[3] ?? '0')
    for (let i = 0; i <= times; i++) {
      items.push({ value })
      if (float[2] !== undefined) value += step
    }
  } else {
    throw new Error(`"${word}" is no value: write 1, 1x3, 1+2x3, _, _x3, stale or {{...}}`)
  }
  return word.length
}

function floatValue(text: string): number {
  const value = parseScriptNumber(text)
  if (value === undefined) throw new Error(`"${text}" is no number`)
  return value
}

function count(digits: string): number {
  const times = Number(digits)
  if (times > ITEMS_LIMIT) throw new Error(`x${digits} is more than ${ITEMS_LIMIT} items`)
  return times
}

/** Adds the items of `{{..}}`, `{{..}}xN`, `{{..}}+{{..}}xN` or `{{..}}-{{..}}xN`. @returns the length of that text */
function histogramItems(text: string, items: ScriptItem[]): number {
  const first = readHistogram(text, 0)
  let at = first.end
  let ramp: ((a: NativeHistogram) => NativeHistogram) | undefined
  let { hintGiven } = first.item
  if (text.startsWith('+{{', at) || text.startsWith('-{{', at)) {
    const second = readHistogram(text, at + 1)
    const step = second.item.histogram
    ramp = (a) => moved(a, step, text[first.end] === '+' ? addHistograms : subtractHistograms)
    hintGiven = second.item.hintGiven
    at = second.end
  }
  const repeat = REPEAT.exec(text.slice(at))
  if ((ramp && !repeat) || (!repeat && !/^(?:\s|$)/.test(text.slice(at)))) {
    throw new Error(
      `"${text.slice(at).split(/\s/, 1)[0]}" cannot stand behind a histogram: write {{..}}xN or {{..}}+{{..}}xN`,
    )
  }
  let { histogram } = first.item
  items.push({ histogram, hintGiven })
  for (let i = 0; i < count(repeat?.[1] ?? '0'); i++) {
    if (ramp) histogram = ramp(histogram)
    items.push({ histogram, hintGiven })
  }
  return at + (repeat?.[0].length ?? 0)
}

/** One step of a ramp. Going down makes no gauge of a counter. */
function moved(
  from: NativeHistogram,
  step: NativeHistogram,
  combine: (a: NativeHistogram, b: NativeHistogram) => Combined | undefined,
): NativeHistogram {
  if (from.schema > step.schema) throw new Error(`histograms of schema ${step.schema} and ${from.schema} make no ramp`)
  const combined = combine(from, step)
  if (!combined) throw new Error('histograms with exponential and with custom buckets make no ramp')
  return { ...combined.histogram, counterReset: joinCounterResets(from.counterReset, step.counterReset).counterReset }
}

function readHistogram(text: string, from: number): { item: HistogramItem; end: number } {
  const close = text.indexOf('}}', from)
  if (close === -1) throw new Error('a histogram is not closed with }}')
  const written = text.slice(from, close + 2)
  const item = { histogram: parseHistogramText(written), hintGiven: written.includes('counter_reset_hint') }
  return { item, end: close + 2 }
}
