import type { Label } from '../../schemas/series/series.js'
import type { Fault } from './faults.js'

/** How closely the grammar is followed: OpenMetrics 1.0's ABNF, or what Prometheus takes from real exporters. */
export type Grammar = 'strict' | 'lenient'

/** A label block as it was read. */
export interface LabelBlock {
  labels: Label[]
  /** The metric name, where it stands inside the braces (`{"my.name"}`, lenient only). */
  metric: string | undefined
  /** Index behind the closing brace. */
  end: number
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const UNQUOTED_NAME = /[a-zA-Z0-9_]*/y
const BLANKS = /[ \t]*/y

/** True for a metric name that needs no quotes. */
export function isMetricName(text: string): boolean {
  return METRIC_NAME.test(text)
}

/**
 * Reads `{name="value",…}`. The lenient grammar also takes blanks between tokens, a comma before the closing brace, and
 * Prometheus 3's quoted names: `{"my.name","my.label"="x"}`.
 * @param at index of the opening brace
 */
export function readLabels(text: string, at: number, grammar: Grammar): LabelBlock | Fault {
  return new LabelReader(text, at, grammar).read()
}

class LabelReader {
  readonly #text: string
  readonly #lenient: boolean
  readonly #names = new Set<string>()
  readonly #labels: Label[] = []
  #metric: string | undefined
  #at: number

  constructor(text: string, at: number, grammar: Grammar) {
    this.#text = text
    this.#at = at + 1
    this.#lenient = grammar === 'lenient'
  }

  read(): LabelBlock | Fault {
    this.#skipBlanks()
    if (this.#take('}')) return this.#block()
    for (;;) {
      const fault = this.#readPair()
      if (fault !== undefined) return fault
      this.#skipBlanks()
      if (this.#take('}')) return this.#block()
      if (!this.#take(',')) return this.#at >= this.#text.length ? 'unclosed' : 'labelComma'
      this.#skipBlanks()
      if (this.#lenient && this.#take('}')) return this.#block()
    }
  }

  #block(): LabelBlock {
    return { labels: this.#labels, metric: this.#metric, end: this.#at }
  }

  #readPair(): Fault | undefined {
    const isQuoted = this.#lenient && this.#text[this.#at] === '"'
    const name = isQuoted ? this.#readQuoted() : this.#readName()
    if (name === undefined) return 'unclosed'
    if (isQuoted ? name === '' : !LABEL_NAME.test(name))
      return this.#text[this.#at] === ',' ? 'labelComma' : 'labelName'
    this.#skipBlanks()
    if (!this.#take('=')) return isQuoted ? this.#setMetric(name) : 'labelEquals'
    this.#skipBlanks()
    if (this.#text[this.#at] !== '"') return 'labelQuote'
    const value = this.#readQuoted()
    if (value === undefined) return 'unclosed'
    if (name === '__name__') return this.#lenient ? this.#setMetric(value) : 'reservedLabel'
    if (this.#names.has(name)) return 'labelTwice'
    this.#names.add(name)
    this.#labels.push([name, value])
    return undefined
  }

  #setMetric(name: string): Fault | undefined {
    if (this.#metric !== undefined) return 'labelEquals'
    this.#metric = name
    return undefined
  }

  #readName(): string {
    UNQUOTED_NAME.lastIndex = this.#at
    const name = UNQUOTED_NAME.exec(this.#text)![0]
    this.#at += name.length
    return name
  }

  /** The quoted text at the current place, escapes undone; undefined if its end is missing. */
  #readQuoted(): string | undefined {
    const start = this.#at + 1
    let end = start
    let hasEscape = false
    for (; end < this.#text.length && this.#text[end] !== '"'; end++) {
      if (this.#text[end] !== '\\') continue
      hasEscape = true
      end++
    }
    if (end >= this.#text.length) return undefined
    this.#at = end + 1
    const raw = this.#text.slice(start, end)
    return hasEscape ? unescapeLabel(raw) : raw
  }

  #skipBlanks(): void {
    if (!this.#lenient) return
    BLANKS.lastIndex = this.#at
    this.#at += BLANKS.exec(this.#text)![0].length
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }
}

/** Undoes `\n`, `\"` and `\\`; any other backslash stands for itself. */
function unescapeLabel(raw: string): string {
  return raw.replaceAll(/\\[n"\\]/g, (pair) => (pair === '\\n' ? '\n' : pair[1]))
}
