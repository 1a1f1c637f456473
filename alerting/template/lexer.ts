/** A part of an action. `spaced`: blanks stand before it. */
export interface Token {
  kind: 'name' | 'variable' | 'field' | 'number' | 'string' | 'character' | 'symbol'
  text: string
  spaced: boolean
}

/** Text, or what stands between two pairs of braces. */
export type Piece = { type: 'text'; text: string } | { type: 'action'; source: string; tokens: readonly Token[] }

const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ['character', /'(?:[^'\\\n]|\\.[^']*)'/y],
  [
    'number',
    /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y,
  ],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['name', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['symbol', /:=|[=|(),.]/y],
]
const BLANKS = /[ \t\r\n]*/y
const COMMENT_END = /\*\/(?:[ \t\r\n]+-)?\}\}/g

/** Takes a template apart. @throws Error that says what is not closed or not known */
export function lex(template: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let trims = false
  const pushText = (text: string) => {
    const left = trims ? text.replace(/^[ \t\r\n]+/, '') : text
    if (left !== '') pieces.push({ type: 'text', text: left })
  }
  for (;;) {
    const open = template.indexOf('{{', at)
    if (open === -1) break
    const trimsBefore = /^-[ \t\r\n]/.test(template.slice(open + 2, open + 4))
    const text = template.slice(at, open)
    pushText(trimsBefore ? text.replace(/[ \t\r\n]+$/, '') : text)
    const from = open + 2 + (trimsBefore ? 2 : 0)
    const isComment = template.startsWith('/*', from)
    const end = isComment ? commentEnd(template, from) : undefined
    const action = end === undefined ? lexAction(template, from) : undefined
    if (action) pieces.push({ type: 'action', source: action.source, tokens: action.tokens })
    at = end ?? action!.end
    trims = template.slice(at - 3, at) === '-}}'
  }
  pushText(template.slice(at))
  return pieces
}

function commentEnd(template: string, from: number): number {
  COMMENT_END.lastIndex = from + 2
  if (!COMMENT_END.exec(template)) throw new Error('a comment is not closed: it ends with */}}')
  return COMMENT_END.lastIndex
}

function lexAction(template: string, from: number): { tokens: Token[]; source: string; end: number } {
  const tokens: Token[] = []
  let at = from
  for (;;) {
    BLANKS.lastIndex = at
    const spaced = (BLANKS.exec(template)?.[0].length ?? 0) > 0
    at = BLANKS.lastIndex
    if (template.startsWith('}}', at)) return { tokens, source: template.slice(from, at).trim(), end: at + 2 }
    if (spaced && template.startsWith('-}}', at)) {
      return { tokens, source: template.slice(from, at).trim(), end: at + 3 }
    }
    if (at >= template.length) throw new Error('"{{" is not closed')
    const token = tokenAt(template, at)
    tokens.push({ ...token, spaced: spaced || tokens.length === 0 })
    at += token.text.length
  }
}

function tokenAt(template: string, at: number): Pick<Token, 'kind' | 'text'> {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const text = pattern.exec(template)?.[0]
    if (text) return { kind, text }
  }
  throw new Error(`${JSON.stringify(template.slice(at, at + 10))} cannot stand in a template's action`)
}
