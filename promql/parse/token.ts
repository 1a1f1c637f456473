import { quoteString } from '../print/quote.js'

export type TokenType =
  | 'number'
  | 'duration'
  | 'string'
  /** A word that may name a metric, a label or a function. */
  | 'identifier'
  /** A word with a colon: only metrics are called so. */
  | 'metric'
  | 'keyword'
  | 'aggregate'
  /** start, end, step, range. */
  | 'preprocessor'
  | 'operator'
  | 'punctuation'
  | 'end'

export interface Token {
  type: TokenType
  /** As written, but keywords, aggregations and operators in lower case. */
  word: string
  from: number
  to: number
}

const WORDS: Readonly<Record<string, TokenType>> = Object.assign(Object.create(null), {
  ...typed('operator', ['and', 'or', 'unless', 'atan2']),
  ...typed('aggregate', ['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk']),
  ...typed('aggregate', ['count_values', 'quantile', 'limitk', 'limit_ratio']),
  ...typed('keyword', ['offset', 'smoothed', 'anchored', 'by', 'without', 'on', 'ignoring', 'bool']),
  ...typed('keyword', ['group_left', 'group_right', 'fill', 'fill_left', 'fill_right']),
  ...typed('preprocessor', ['start', 'end', 'step', 'range']),
  ...typed('number', ['inf', 'nan']),
})

function typed(type: TokenType, words: string[]): Record<string, TokenType> {
  return Object.fromEntries(words.map((word) => [word, type]))
}

/** What a bare word is; upper and lower case are one for the words of the language. */
export function wordType(word: string): TokenType {
  return WORDS[word.toLowerCase()] ?? (word.includes(':') ? 'metric' : 'identifier')
}

const KEYWORD_METRICS = new Set(['by', 'without', 'offset', 'anchored', 'smoothed', 'and', 'or', 'unless'])

/** True if a metric may be called so where an expression is expected. Most words of the language may name one. */
export function mayNameMetric({ type, word }: Token): boolean {
  if (type === 'keyword' || type === 'operator') return KEYWORD_METRICS.has(word)
  return type === 'identifier' || type === 'metric' || type === 'aggregate' || type === 'preprocessor'
}

/** True for `a_b1`: what a label is called without quotes. */
export function isPlainLabel(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}

/** How an error names a token, worded as Prometheus words it. */
export function describeToken({ type, word }: Token): string {
  switch (type) {
    case 'end':
      return 'end of input'
    case 'keyword':
      return `<${word}>`
    case 'operator':
      return `<op:${word}>`
    case 'aggregate':
      return `<aggr:${word}>`
    case 'identifier':
      return `identifier ${quoteString(word)}`
    case 'metric':
      return `metric identifier ${quoteString(word)}`
    case 'punctuation':
    case 'preprocessor':
      return quoteString(word)
    default:
      return `${type} ${word.length > 10 ? `${quoteString(word.slice(0, 10))}...` : quoteString(word)}`
  }
}
