import { unquote } from '../../promql/string-literal.js'
import type { Command, Operand, OperandBase, ParsedTemplate, Pipeline, TemplateNode } from './ast.js'
import { lex, type Piece, type Token } from './lexer.js'

/** How deep blocks and parentheses may lie in each other. */
const MAX_DEPTH = 100

const BLOCKS = new Set(['if', 'with', 'range'])

/**
 * Parses a template of Go's text/template.
 * @param functions names of those that may be called
 * @param variables names of those that are there from the beginning, without `$`
 * @throws Error that says what cannot be read, or names what is not known
 */
export function parse(template: string, functions: ReadonlySet<string>, variables: readonly string[]): ParsedTemplate {
  return new Parser(lex(template), functions, ['', ...variables]).template()
}

type Action = Extract<Piece, { type: 'action' }>

/** Nodes up to an action that ends them. */
interface Body {
  nodes: TemplateNode[]
  /** `end` or `else`; left out at the end of the template. */
  end?: Action
}

class Parser {
  #at = 0
  #depth = 0
  #ranges = 0
  readonly #defined = new Map<string, readonly TemplateNode[]>()
  #variables: string[]

  constructor(
    private readonly pieces: readonly Piece[],
    private readonly functions: ReadonlySet<string>,
    variables: readonly string[],
  ) {
    this.#variables = [...variables]
  }

  template(): ParsedTemplate {
    const { nodes, end } = this.#body()
    if (end) throw new Error(`{{${end.source}}} ends nothing`)
    return { nodes, defined: this.#defined }
  }

  #body(): Body {
    const nodes: TemplateNode[] = []
    while (this.#at < this.pieces.length) {
      const piece = this.pieces[this.#at++]
      if (piece.type === 'text') nodes.push(piece)
      else {
        const word = piece.tokens[0]?.kind === 'name' ? piece.tokens[0].text : ''
        if (word === 'end' || word === 'else') return { nodes, end: piece }
        const node = this.#action(piece, word)
        if (node) nodes.push(node)
      }
    }
    return { nodes }
  }

  #action(action: Action, word: string): TemplateNode | undefined {
    const tokens = new Tokens(action.tokens.slice(1), action.source)
    if (BLOCKS.has(word)) return this.#block(word as 'if' | 'with' | 'range', tokens)
    if (word === 'define' || word === 'block') return this.#definition(word, tokens)
    if (word === 'template') {
      const name = tokens.string(word)
      return { type: 'template', name, pipeline: tokens.isAtEnd ? undefined : this.#pipeline(tokens, false) }
    }
    if (word === 'break' || word === 'continue') {
      if (this.#ranges === 0) throw new Error(`{{${word}}} stands outside of {{range}}`)
      return { type: word }
    }
    return { type: 'action', pipeline: this.#pipeline(new Tokens(action.tokens, action.source), false) }
  }

  #block(type: 'if' | 'with' | 'range', tokens: Tokens): TemplateNode {
    return this.#nested(() => {
      const pipeline = this.#pipeline(tokens, type === 'range')
      if (type === 'range') this.#ranges++
      const { nodes: body, end } = this.#scoped(() => this.#body())
      if (type === 'range') this.#ranges--
      return { type, pipeline, body, otherwise: this.#otherwise(type, end) }
    })
  }

  /** What `{{else}}` or `{{else if …}}` begins, up to `{{end}}`. */
  #otherwise(type: string, end: Action | undefined): TemplateNode[] {
    if (!end) throw new Error(`{{${type}}} is not closed with {{end}}`)
    if (end.tokens[0].text === 'end') return []
    const next = end.tokens[1]?.text
    if (next !== undefined && next === type && type !== 'range') {
      return [this.#block(type as 'if' | 'with', new Tokens(end.tokens.slice(2), end.source))]
    }
    if (next !== undefined) throw new Error(`{{${end.source}}} cannot be read: write {{else}} or {{else ${type} …}}`)
    const rest = this.#scoped(() => this.#body())
    if (rest.end?.tokens[0].text !== 'end') throw new Error(`the {{else}} of {{${type}}} is not closed with {{end}}`)
    return rest.nodes
  }

  #definition(word: 'define' | 'block', tokens: Tokens): TemplateNode | undefined {
    const name = tokens.string(word)
    const pipeline = word === 'block' ? this.#pipeline(tokens, false) : undefined
    const outer = this.#variables
    // A template of its own knows none of the variables around it.
    this.#variables = ['']
    const { nodes, end } = this.#nested(() => this.#body())
    this.#variables = outer
    if (end?.tokens[0].text !== 'end') throw new Error(`{{${word} "${name}"}} is not closed with {{end}}`)
    this.#defined.set(name, nodes)
    return pipeline && { type: 'template', name, pipeline }
  }

  /** Variables that are set in a block end with it. */
  #scoped<T>(read: () => T): T {
    const count = this.#variables.length
    const found = read()
    this.#variables.length = count
    return found
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new Error(`it is nested deeper than ${MAX_DEPTH}`)
    const count = this.#variables.length
    const found = read()
    this.#variables.length = count
    this.#depth--
    return found
  }

  #pipeline(tokens: Tokens, isRange: boolean): Pipeline {
    const { variables, assigns } = declaration(tokens, isRange)
    if (assigns) for (const name of variables) this.#requireVariable(name)
    const commands: Command[] = []
    do {
      commands.push(this.#command(tokens, commands.length > 0))
    } while (tokens.take('|'))
    if (!tokens.isAtEnd && !tokens.is(')'))
      throw new Error(`"${tokens.peek?.text}" is not expected in {{${tokens.source}}}`)
    if (!assigns) this.#variables.push(...variables)
    return { variables, assigns, commands, text: tokens.source }
  }

  #command(tokens: Tokens, takesResult: boolean): Command {
    const operands: Operand[] = []
    while (!tokens.isAtEnd && !tokens.is('|') && !tokens.is(')')) {
      if (operands.length > 0 && !tokens.peek?.spaced) throw new Error(`a blank is missing in {{${tokens.source}}}`)
      operands.push(this.#operand(tokens))
    }
    const [first] = operands
    if (!first)
      throw new Error(
        tokens.source === '' ? 'there is nothing between the braces' : `a value is missing in {{${tokens.source}}}`,
      )
    const takesArguments = first.base.type === 'function' || first.fields.length > 0
    if (!takesArguments && (operands.length > 1 || takesResult)) {
      throw new Error(`what stands first after a "|" or before arguments must be a function, in {{${tokens.source}}}`)
    }
    return operands
  }

  #operand(tokens: Tokens): Operand {
    const base = this.#base(tokens)
    const fields: string[] = []
    while (tokens.peek?.kind === 'field' && !tokens.peek.spaced) fields.push(tokens.next().text.slice(1))
    if (fields.length > 0 && base.type === 'literal') throw new Error(`a literal has no field "${fields[0]}"`)
    return {
      base: base.type === 'field' ? { type: 'dot' } : base,
      fields: base.type === 'field' ? [base.name, ...fields] : fields,
    }
  }

  #base(tokens: Tokens): OperandBase | { type: 'field'; name: string } {
    const { kind, text } = tokens.next()
    if (kind === 'string') return { type: 'literal', value: unquote(text) }
    if (kind === 'number') return { type: 'literal', value: numberOf(text) }
    if (kind === 'character') return { type: 'literal', value: BigInt(unquote(text).codePointAt(0) ?? 0) }
    if (kind === 'field') return { type: 'field', name: text.slice(1) }
    if (kind === 'variable') return { type: 'variable', name: this.#requireVariable(text.slice(1)) }
    if (kind === 'name') return this.#named(text)
    if (text === '.') return { type: 'dot' }
    if (text !== '(') throw new Error(`"${text}" is not expected in {{${tokens.source}}}`)
    const pipeline = this.#nested(() => this.#pipeline(tokens, false))
    if (!tokens.take(')')) throw new Error(`")" is missing in {{${tokens.source}}}`)
    return { type: 'pipeline', pipeline }
  }

  #named(text: string): OperandBase {
    if (text === 'true' || text === 'false') return { type: 'literal', value: text === 'true' }
    if (text === 'nil') return { type: 'nil' }
    if (this.functions.has(text)) return { type: 'function', name: text }
    throw new Error(`the function "${text}" is not known: ${[...this.functions].sort().join(', ')} are`)
  }

  #requireVariable(name: string): string {
    if (this.#variables.includes(name)) return name
    const known = [...new Set(this.#variables)].filter((one) => one !== '').map((one) => `$${one}`)
    throw new Error(`the variable "$${name}" is not known${known.length > 0 ? `: ${known.join(', ')} are` : ''}`)
  }
}

/** `$x :=`, `$x =`, and for a range `$i, $x :=`. */
function declaration(tokens: Tokens, isRange: boolean): { variables: string[]; assigns: boolean } {
  const names = tokens.lookahead(/^(?:variable)(?: symbol:, variable)? symbol:(?::=|=)/)
  if (!names) return { variables: [], assigns: false }
  const variables: string[] = []
  let assigns = false
  for (const { kind, text } of names) {
    if (kind === 'variable') variables.push(text.slice(1))
    assigns = text === '='
  }
  if (variables.length > 1 && !isRange) throw new Error('only {{range}} sets two variables')
  return { variables, assigns }
}

/** A literal with a point or an exponent is a float, any other an int. */
function numberOf(text: string): number | bigint {
  const plain = text.replaceAll('_', '')
  const [, sign, digits] = /^([+-]?)(.*)$/.exec(plain)!
  const isInt = /^(?:0[xXbBoO].*|\d+)$/.test(digits)
  if (!isInt) return Number(plain)
  const value = /^0\d/.test(digits) ? BigInt(`0o${digits}`) : BigInt(digits)
  return sign === '-' ? -value : value
}

class Tokens {
  #at = 0

  constructor(
    private readonly tokens: readonly Token[],
    readonly source: string,
  ) {}

  get peek(): Token | undefined {
    return this.tokens[this.#at]
  }

  get isAtEnd(): boolean {
    return this.#at >= this.tokens.length
  }

  is(symbol: string): boolean {
    return this.peek?.kind === 'symbol' && this.peek.text === symbol
  }

  take(symbol: string): boolean {
    const found = this.is(symbol)
    if (found) this.#at++
    return found
  }

  next(): Token {
    const token = this.peek
    if (!token) throw new Error(`a value is missing in {{${this.source}}}`)
    this.#at++
    return token
  }

  string(word: string): string {
    const token = this.peek
    if (token?.kind !== 'string') throw new Error(`{{${word}}} needs a name in quotes`)
    this.#at++
    return unquote(token.text)
  }

  /** The next tokens if their kinds, symbols with their text, read like this; they are taken then. */
  lookahead(shape: RegExp): readonly Token[] | undefined {
    const rest = this.tokens.slice(this.#at, this.#at + 4)
    const kinds = rest.map(({ kind, text }) => (kind === 'symbol' ? `${kind}:${text}` : kind))
    const length = shape.exec(kinds.join(' '))?.[0].split(' ').length
    if (length === undefined) return undefined
    this.#at += length
    return rest.slice(0, length)
  }
}
