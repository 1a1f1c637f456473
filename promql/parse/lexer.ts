import { syntaxError } from '../errors.js'
import { DURATION, NUMBER } from './number.js'
import { type Token, type TokenType, wordType } from './token.js'

const BLANK = /(?:[ \t\n\r]|#[^\n\r]*)*/y
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y
const PLAIN_WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const NUMERAL = /0[xX][0-9A-Za-z_.]*|(?:[eE][+-]|[0-9A-Za-z_.])*/y
const OPERATOR = /==|!=|<=|>=|<\/|>\/|[-+*/%^<>@]/y
const PUNCTUATION = /[(){[\],=:]/y
const MATCH_PUNCTUATION = /=~|!~|!=|[=,{}]/y
const CALL_AHEAD = /[ \t\n\r]*\(/y
const DURATION_WORDS = new Set(['step', 'range', 'min', 'max', 'min_of', 'max_of'])

/** Cuts a query into tokens, as Prometheus cuts it: braces and brackets have rules of their own. */
export class Lexer {
  private at = 0
  private parens = 0
  private inBraces = false
  private inBrackets = false

  constructor(private readonly text: string) {}

  /** The next token; 'end' again and again at the end. @throws TM_QUERY_SYNTAX */
  next(): Token {
    this.at += this.length(BLANK)
    const char = this.text[this.at]
    if (char === undefined) return this.end()
    if (char === '"' || char === "'" || char === '`') return this.string(char)
    return this.inBraces ? this.insideBraces() : this.statement(char)
  }

  private statement(char: string): Token {
    if (/\d/.test(char) || (char === '.' && /\d/.test(this.text[this.at + 1] ?? ''))) return this.numeral()
    if (/[A-Za-z_]/.test(char) || (char === ':' && !this.inBrackets)) return this.word()
    const next = this.text[this.at + 1]
    if (char === '!' ? next !== '=' : char === '=' && next === '~') {
      throw syntaxError(this.at, `unexpected character after '${char}': '${next ?? ''}'`)
    }
    const operator = this.length(OPERATOR)
    if (operator > 0) return this.token('operator', operator)
    const punctuation = this.length(PUNCTUATION)
    if (punctuation === 0) throw this.unexpected(this.inBrackets ? ' in duration expression' : '')
    this.track(char)
    return this.token('punctuation', punctuation)
  }

  private insideBraces(): Token {
    const word = this.length(PLAIN_WORD)
    if (word > 0) return this.token('identifier', word)
    const punctuation = this.length(MATCH_PUNCTUATION)
    if (this.text[this.at] === '!' && punctuation === 0) {
      throw syntaxError(this.at, `unexpected character after '!' inside braces: '${this.text[this.at + 1] ?? ''}'`)
    }
    if (punctuation === 0) throw this.unexpected(' inside braces')
    if (this.text[this.at] === '{') throw syntaxError(this.at, "unexpected left brace '{'")
    if (this.text[this.at] === '}') this.inBraces = false
    return this.token(punctuation === 2 ? 'operator' : 'punctuation', punctuation)
  }

  private track(char: string): void {
    if (char === '(') this.parens++
    if (char === '{') this.inBraces = true
    if (char === ')' && --this.parens < 0) throw syntaxError(this.at, "unexpected right parenthesis ')'")
    if (char === '[') {
      if (this.inBrackets) throw syntaxError(this.at, "unexpected left bracket '['")
      this.inBrackets = true
    }
    if (char === ']') {
      if (!this.inBrackets) throw syntaxError(this.at, "unexpected right bracket ']'")
      this.inBrackets = false
    }
  }

  private word(): Token {
    const length = this.length(this.inBrackets ? PLAIN_WORD : WORD)
    const word = this.text.slice(this.at, this.at + length)
    if (this.inBrackets) {
      if (!DURATION_WORDS.has(word.toLowerCase())) throw this.unexpected(' in duration expression')
      return { ...this.token('preprocessor', length), word: word.toLowerCase() }
    }
    let type = wordType(word)
    // `fill` is a common name: it is a keyword before a parenthesis only.
    if (type === 'keyword' && /^fill/i.test(word) && !this.callFollows(length)) type = 'identifier'
    const token = this.token(type, length)
    return ['identifier', 'metric', 'number'].includes(type) ? token : { ...token, word: word.toLowerCase() }
  }

  private numeral(): Token {
    const length = this.length(NUMERAL)
    const text = this.text.slice(this.at, this.at + length)
    if (NUMBER.test(text)) return this.token('number', length)
    if (DURATION.test(text)) return this.token('duration', length)
    throw syntaxError(this.at, `bad number or duration syntax: ${JSON.stringify(text)}`)
  }

  private string(quote: string): Token {
    const raw = quote === '`'
    for (let i = this.at + 1; i < this.text.length; i++) {
      const char = this.text[i]
      if (char === quote) return this.token('string', i + 1 - this.at)
      if (raw) continue
      if (char === '\n') break
      if (char === '\\') i++
    }
    throw syntaxError(this.at, raw ? 'unterminated raw string' : 'unterminated quoted string')
  }

  private end(): Token {
    if (this.inBraces) throw syntaxError(this.at, 'unexpected end of input inside braces')
    if (this.parens > 0) throw syntaxError(this.at, 'unclosed left parenthesis')
    if (this.inBrackets) throw syntaxError(this.at, 'unclosed left bracket')
    return { type: 'end', word: '', from: this.at, to: this.at }
  }

  private token(type: TokenType, length: number): Token {
    const from = this.at
    this.at += length
    return { type, word: this.text.slice(from, this.at), from, to: this.at }
  }

  private unexpected(where: string) {
    const char = String.fromCodePoint(this.text.codePointAt(this.at)!)
    return syntaxError(this.at, `unexpected character${where}: '${char}'`)
  }

  private callFollows(length: number): boolean {
    CALL_AHEAD.lastIndex = this.at + length
    return CALL_AHEAD.test(this.text)
  }

  private length(pattern: RegExp): number {
    pattern.lastIndex = this.at
    return pattern.exec(this.text)?.[0].length ?? 0
  }
}
