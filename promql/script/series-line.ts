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
 * @param wanted items, the rest is read but not unrolled; left out: all, and too many are an error
 * @throws Error that says what cannot be read
 */
export function parseSeriesLine(line: string, wanted?: number): { labels: LabelSet; items: ScriptItem[] } {
  const reader = new SeriesReader(line)
  const labels = reader.labels()
  return { labels, items: new ItemReader(wanted).read(reader.rest()) }
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

class ItemReader {
  readonly #items: ScriptItem[] = []

  constructor(private readonly wanted: number | undefined) {}

  read(text: string): ScriptItem[] {
    let rest = text
    while (rest !== '') {
      const length = rest.startsWith('{{') ? this.#histograms(rest) : this.#plain(rest)
      if (this.#items.length > ITEMS_LIMIT) throw new Error(`the line has more than ${ITEMS_LIMIT} items`)
      rest = rest.slice(length).trimStart()
    }
    return this.#items
  }

  /** Adds the items of the first word. @returns its length */
  #plain(text: string): number {
    const word = /^\S+/.exec(text)?.[0] ?? ''
    const omitted = OMITTED.exec(word)
    const stale = STALE.exec(word)
    const float = FLOAT.exec(word)
    if (omitted) {
      if (Number(omitted[1] ?? '1') === 0) throw new Error(`"${word}" leaves out no point: _xN needs an N of 1 or more`)
      this.#add(this.#count(omitted[1] ?? '1'), () => undefined)
    } else if (stale) {
      this.#add(this.#count(stale[1] ?? '0') + 1, () => ({ value: Number.NaN, stale: true }))
    } else if (float) {
      let value = floatValue(float[1])
      const step = float[2] === undefined ? undefined : floatValue(float[2])
      this.#add(this.#count(float[3] ?? '0') + 1, () => {
        const item = { value }
        if (step !== undefined) value += step
        return item
      })
    } else {
      throw new Error(`"${word}" is no value: write 1, 1x3, 1+2x3, _, _x3, stale or {{...}}`)
    }
    return word.length
  }

  /** Adds the items of `{{..}}`, `{{..}}xN`, `{{..}}+{{..}}xN` or `{{..}}-{{..}}xN`. @returns the length of that text */
  #histograms(text: string): number {
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
    let isFirst = true
    this.#add(this.#count(repeat?.[1] ?? '0') + 1, () => {
      if (ramp && !isFirst) histogram = ramp(histogram)
      isFirst = false
      return { histogram, hintGiven }
    })
    return at + (repeat?.[0].length ?? 0)
  }

  #add(times: number, next: () => ScriptItem): void {
    const most = this.wanted === undefined ? times : Math.min(times, this.wanted - this.#items.length)
    for (let i = 0; i < most; i++) this.#items.push(next())
  }

  #count(digits: string): number {
    const times = Number(digits)
    if (this.wanted === undefined && times > ITEMS_LIMIT)
      throw new Error(`x${digits} is more than ${ITEMS_LIMIT} items`)
    return times
  }
}

function floatValue(text: string): number {
  const value = parseScriptNumber(text)
  if (value === undefined) throw new Error(`"${text}" is no number`)
  return value
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
