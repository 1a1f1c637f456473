import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { parseDuration } from '../schemas/config/duration.js'
import { TidemarkError } from '../schemas/errors.js'
import { type Matcher, type MatchOp, valuePredicate } from '../schemas/series/matcher.js'
import type { AtModifier, Expr, VectorSelector } from './ast.js'
import { unquote } from './string-literal.js'

/**
 * Reads a selector: `metric{label="value"}`, with a range, `offset` and `@`. Grammar: Prometheus's own, as published
 * for its editor (@prometheus-io/lezer-promql); the checks after it are those of Prometheus's parser.
 * @throws TM_QUERY_SYNTAX with the position (characters, from 1), TM_QUERY_REGEX
 */
export function parseSelector(text: string): Expr {
  const tree = parser.parse(text)
  tree.iterate({
    enter(node) {
      // An open quote swallows the rest of the query, so it is the first thing to tell.
      if (node.name === 'StringLiteral') readString(node.node, text)
      if (!node.type.isError) return
      const found = text.slice(node.from).trimStart().split(/\s/, 1)[0]
      throw syntaxError(node.from, found ? `unexpected ${JSON.stringify(found)}` : 'unexpected end of the query')
    },
  })
  return readExpr(operand(tree.topNode), text)
}

/** The selectors of a `match[]` parameter: without range, offset or `@`. @throws TM_QUERY_SYNTAX, TM_QUERY_REGEX */
export function parseMatch(text: string): readonly Matcher[] {
  const expr = parseSelector(text)
  if (expr.type !== 'vector' || expr.offsetMs !== 0 || expr.at) {
    throw syntaxError(0, 'a plain selector is expected here, without range, offset or @')
  }
  return expr.matchers
}

function readExpr(node: SyntaxNode, text: string): Expr {
  switch (node.name) {
    case 'ParenExpr':
      return readExpr(operand(node), text)
    case 'VectorSelector':
      return readVector(node, text)
    case 'MatrixSelector':
      return readMatrix(node, text)
    case 'OffsetExpr':
      return readOffset(node, text)
    case 'StepInvariantExpr':
      return readAt(node, text)
    default:
      throw syntaxError(node.from, `${described(node.name)} cannot be evaluated: only selectors are evaluated yet`)
  }
}

function readVector(node: SyntaxNode, text: string): VectorSelector {
  const matchers: Matcher[] = []
  const name = node.getChild('Identifier')
  if (name) matchers.push(nameMatcher(text.slice(name.from, name.to)))
  for (let part = node.getChild('LabelMatchers')?.firstChild ?? null; part; part = part.nextSibling) {
    if (part.name === 'LineComment') continue
    const named = matchers.find((matcher) => matcher.name === '__name__')
    if (part.name === 'QuotedLabelName') {
      if (named) throw syntaxError(part.from, `the metric name is set twice: ${JSON.stringify(named.value)} before`)
      matchers.push(nameMatcher(readString(part.firstChild!, text)))
    } else {
      const matcher = readMatcher(part, text)
      if (matcher.name === '__name__' && name) throw syntaxError(part.from, 'the metric name is set twice')
      matchers.push(matcher)
    }
  }
  // As in Prometheus: a selector that the empty label set satisfies would read every series there is.
  if (matchers.every((matcher) => valuePredicate(matcher)(''))) {
    throw syntaxError(node.from, 'a selector needs at least one matcher that does not match the empty string')
  }
  return { type: 'vector', matchers, offsetMs: 0 }
}

function readMatcher(node: SyntaxNode, text: string): Matcher {
  const label = node.getChild('QuotedLabelName') ?? node.getChild('LabelName')!
  const op = node.getChild('MatchOp')!
  const matcher = {
    name: label.name === 'QuotedLabelName' ? readString(label.firstChild!, text) : text.slice(label.from, label.to),
    op: text.slice(op.from, op.to) as MatchOp,
    value: readString(node.getChild('StringLiteral')!, text),
  }
  valuePredicate(matcher)
  return matcher
}

function readMatrix(node: SyntaxNode, text: string): Expr {
  const vector = readExpr(operand(node), text)
  if (vector.type !== 'vector') throw syntaxError(node.from, 'a range is allowed on a vector selector only')
  const duration = node.getChild('DurationExpr')!
  if (vector.offsetMs !== 0 || vector.at) throw syntaxError(duration.from, 'the range must stand before offset and @')
  const rangeMs = readDuration(duration, text)
  if (rangeMs <= 0) throw syntaxError(duration.from, 'the range must be longer than 0')
  return { type: 'matrix', vector, rangeMs }
}

function readOffset(node: SyntaxNode, text: string): Expr {
  const expr = readExpr(operand(node), text)
  const duration = node.getChild('OffsetDurationExpr')!
  if (selectorOf(expr).offsetMs !== 0) throw syntaxError(duration.from, 'offset is set twice')
  return withModifier(expr, { offsetMs: readDuration(duration, text) })
}

function readAt(node: SyntaxNode, text: string): Expr {
  const expr = readExpr(operand(node), text)
  if (selectorOf(expr).at) throw syntaxError(node.getChild('At')!.from, '@ is set twice')
  return withModifier(expr, { at: readAtTime(node, text) })
}

function readAtTime(node: SyntaxNode, text: string): AtModifier {
  const preprocessor = node.getChild('AtModifierPreprocessors')
  if (preprocessor) return { preprocessor: preprocessor.getChild('AtStart') ? 'start' : 'end' }
  const literal = node.getChild('NumberDurationLiteral')!
  const ms = numberOrDurationMs(text.slice(literal.from, literal.to))
  if (!Number.isFinite(ms)) throw syntaxError(literal.from, 'the time after @ is not a finite number of seconds')
  return { timeMs: ms }
}

/** Reads a literal duration, with a sign if there is one; arithmetic on durations is an experiment of Prometheus. */
function readDuration(node: SyntaxNode, text: string): number {
  const literal = node.getChild('NumberDurationLiteralInDurationContext')
  const inner = node.getChild('OffsetDurationExpr')
  let ms: number
  if (literal) ms = numberOrDurationMs(text.slice(literal.from, literal.to))
  else if (inner) ms = readDuration(inner, text) * (text[node.from] === '-' ? -1 : 1)
  else throw syntaxError(node.from, 'arithmetic on durations is not evaluated: write a duration such as 5m')
  if (!Number.isFinite(ms)) throw syntaxError(node.from, 'the duration is not finite')
  return ms
}

/** A number is seconds, as since Prometheus 3.0. */
function numberOrDurationMs(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const body = text.replace(/^[-+]\s*/, '').replaceAll('_', '')
  if (/^inf(inity)?$/i.test(body)) return sign * Number.POSITIVE_INFINITY
  return /[ywdhms]/.test(body) && !body.startsWith('0x')
    ? sign * parseDuration(body)
    : Math.round(sign * Number(body) * 1000)
}

function withModifier(expr: Expr, modifier: Partial<VectorSelector>): Expr {
  if (expr.type === 'vector') return { ...expr, ...modifier }
  return { ...expr, vector: { ...expr.vector, ...modifier } }
}

function selectorOf(expr: Expr): VectorSelector {
  return expr.type === 'vector' ? expr : expr.vector
}

/** The expression inside; comments and punctuation aside, it is the first named child. */
function operand(node: SyntaxNode): SyntaxNode {
  let child = node.firstChild!
  while (child.name === 'LineComment') child = child.nextSibling!
  return child
}

function readString(node: SyntaxNode, text: string): string {
  try {
    return unquote(text.slice(node.from, node.to))
  } catch (cause) {
    throw syntaxError(node.from, (cause as Error).message)
  }
}

function nameMatcher(value: string): Matcher {
  return { name: '__name__', op: '=', value }
}

function described(nodeName: string): string {
  const words = nodeName
    .replace(/Expr$/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return `this expression (${words})`
}

function syntaxError(from: number, reason: string): TidemarkError {
  return new TidemarkError('TM_QUERY_SYNTAX', { position: from + 1, reason })
}
