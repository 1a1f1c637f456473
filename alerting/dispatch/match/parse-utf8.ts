import { unquote } from '../../../promql/string-literal.js'
import type { Matcher, MatchOp } from '../../../schemas/series/matcher.js'

const TOKEN = /\s*(?:([{},])|(=~|!~|!=|=)|("(?:[^"\\]|\\[\s\S])*")|([^\s{}!=~,\\"'`]+))/y

type Token = { type: 'mark' | 'op' | 'text'; text: string }

/**
 * Reads matchers whose names and values are any UTF-8, quoted where they hold one of `{}!=~,\"'` or white space.
 * @throws Error that says what stands where something else should
 */
export function parseUtf8Matchers(text: string): Matcher[] {
  const tokens = tokensOf(text)
  const isBraced = tokens[0]?.text === '{' && tokens[0].type === 'mark'
  if (isBraced) {
    const last = tokens.pop()
    if (tokens.length === 0 || last?.type !== 'mark' || last.text !== '}') throw new Error(`${text}: "}" is missing`)
    tokens.shift()
  }
  const matchers: Matcher[] = []
  for (let at = 0; at < tokens.length; at += 4) {
    matchers.push(matcherOf(tokens.slice(at, at + 3), text))
    const comma = tokens[at + 3]
    if (comma && (comma.type !== 'mark' || comma.text !== ',')) throw new Error(`${text}: a comma is missing`)
  }
  return matchers
}

function matcherOf([name, op, value]: Token[], text: string): Matcher {
  if (name?.type !== 'text') throw new Error(`${text}: the name of a label is missing`)
  if (op?.type !== 'op') throw new Error(`${text}: after ${name.text} =, !=, =~ or !~ is missing`)
  if (value?.type !== 'text') throw new Error(`${text}: after ${name.text}${op.text} a value is missing`)
  return { name: plain(name.text), op: op.text as MatchOp, value: plain(value.text) }
}

function plain(text: string): string {
  return text.startsWith('"') ? unquote(text) : text
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match) throw new Error(`${text}: ${JSON.stringify(text.slice(at, at + 10))} is not understood`)
    const [, mark, op, quoted, word] = match
    if (mark) tokens.push({ type: 'mark', text: mark })
    else if (op) tokens.push({ type: 'op', text: op })
    else tokens.push({ type: 'text', text: quoted ?? word })
  }
  return tokens
}
