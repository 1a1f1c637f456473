import { TidemarkError } from '../../schemas/errors.js'
import { syntaxError } from '../errors.js'
import { Lexer } from './lexer.js'
import { describeToken, type Token, type TokenType } from './token.js'

/** A place in the query, one token ahead, and how deep the expression read there is nested. */
export class Cursor {
  private readonly lexer: Lexer
  private ahead: Token
  private depth = 0
  private aggregations = 0
  /** Where the last token taken ends. */
  previousEnd = 0

  constructor(
    readonly text: string,
    private readonly maxDepth: number,
  ) {
    this.lexer = new Lexer(text)
    this.ahead = this.lexer.next()
  }

  peek(): Token {
    return this.ahead
  }

  take(): Token {
    const token = this.ahead
    this.previousEnd = token.to
    if (token.type !== 'end') this.ahead = this.lexer.next()
    return token
  }

  /** True if the next token is this word of the language. */
  is(word: string): boolean {
    return this.ahead.word === word && this.ahead.type !== 'identifier'
  }

  isType(...types: TokenType[]): boolean {
    return types.includes(this.ahead.type)
  }

  /** Takes the next token if it is this word of the language. */
  accept(word: string): Token | undefined {
    return this.is(word) ? this.take() : undefined
  }

  /** @throws TM_QUERY_SYNTAX if the next token is another one */
  expect(word: string, context: string, expected = ''): Token {
    return this.accept(word) ?? this.fail(context, expected)
  }

  /** Reads one level deeper. @throws TM_QUERY_DEPTH before the stack could overflow */
  nested<T>(read: () => T): T {
    this.checkDepth(++this.depth)
    const result = read()
    this.depth--
    return result
  }

  /** @throws TM_QUERY_DEPTH if this is deeper than allowed */
  checkDepth(depth: number): void {
    if (depth > this.maxDepth) throw new TidemarkError('TM_QUERY_DEPTH', { depth, limit: this.maxDepth })
  }

  /** Reads the operands of an aggregation: what is unexpected in them is said to be so there. */
  inAggregation<T>(read: () => T): T {
    this.aggregations++
    const result = read()
    this.aggregations--
    return result
  }

  /** Refuses the next token. @throws TM_QUERY_SYNTAX */
  fail(context = '', expected = ''): never {
    const place = context || (this.aggregations > 0 ? 'aggregation' : '')
    const where = place ? ` in ${place}` : ''
    const wanted = expected ? `, expected ${expected}` : ''
    throw syntaxError(this.ahead.from, `unexpected ${describeToken(this.ahead)}${where}${wanted}`)
  }
}
