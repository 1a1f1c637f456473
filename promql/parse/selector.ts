import { type Matcher, type MatchOp, valuePredicate } from '../../schemas/series/matcher.js'
import type { VectorSelector } from '../ast.js'
import type { Cursor } from './cursor.js'
import { stringValue } from './literal.js'
import type { Token } from './token.js'

const MATCH_OPS = new Set(['=', '!=', '=~', '!~'])

/**
 * Reads `metric`, `metric{...}` or `{...}`.
 * @param metric the metric's name, if it was taken already
 * @throws TM_QUERY_SYNTAX, TM_QUERY_REGEX
 */
export function readSelector(cursor: Cursor, metric?: Token): VectorSelector {
  const from = metric?.from ?? cursor.peek().from
  const matchers = cursor.is('{') ? readMatchers(cursor) : []
  // As written: words of the language keep their capitals.
  const name = metric && cursor.text.slice(metric.from, metric.to)
  if (name !== undefined) matchers.push(nameMatcher(name))
  return {
    type: 'vector',
    ...(name !== undefined && { name }),
    matchers,
    offsetMs: 0,
    span: { from, to: cursor.previousEnd },
  }
}

function readMatchers(cursor: Cursor): Matcher[] {
  const matchers: Matcher[] = []
  cursor.take()
  while (!cursor.accept('}')) {
    matchers.push(readMatcher(cursor))
    if (!cursor.accept(',') && !cursor.is('}')) cursor.fail('label matching', '"," or "}"')
  }
  return matchers
}

function readMatcher(cursor: Cursor): Matcher {
  if (!cursor.isType('identifier', 'string')) cursor.fail('label matching', 'identifier or "}"')
  const label = cursor.take()
  const quoted = label.type === 'string'
  const name = quoted ? stringValue(label) : label.word
  if (!MATCH_OPS.has(cursor.peek().word)) {
    if (quoted) return nameMatcher(name)
    cursor.fail('label matching', 'label matching operator')
  }
  const op = cursor.take().word as MatchOp
  if (!cursor.isType('string')) cursor.fail('label matching', 'string')
  const matcher: Matcher = { name, op, value: stringValue(cursor.take()) }
  // Compiled here so that a bad regular expression is refused even where nothing is read.
  valuePredicate(matcher)
  return matcher
}

function nameMatcher(value: string): Matcher {
  return { name: '__name__', op: '=', value }
}
