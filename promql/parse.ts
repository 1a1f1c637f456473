import type { Matcher } from '../schemas/series/matcher.js'
import type { Expr } from './ast.js'
import { syntaxError } from './errors.js'
import { checkExpr, checkSelector } from './parse/check.js'
import { Cursor } from './parse/cursor.js'
import { checkDepth } from './parse/depth.js'
import { readExpression } from './parse/expression.js'
import { readSelector } from './parse/selector.js'
import { mayNameMetric } from './parse/token.js'

/** How deep a query may be nested, where nobody says otherwise. */
const DEPTH = 200

/**
 * Reads a query of PromQL as of Prometheus 3.14, everything experimental included. Types, arguments and matching are
 * checked; reasons are worded as Prometheus words them.
 * @param maxDepth how deep expressions may be nested; each operator of a chain counts
 * @throws TM_QUERY_SYNTAX with the position (characters, from 1), TM_QUERY_REGEX, TM_QUERY_DEPTH
 */
export function parseExpr(text: string, maxDepth = DEPTH): Expr {
  const cursor = new Cursor(text, maxDepth)
  if (cursor.isType('end')) throw syntaxError(0, 'no expression found in input')
  const expr = readExpression(cursor)
  if (!cursor.isType('end')) cursor.fail()
  checkDepth(expr, maxDepth)
  checkExpr(expr, text)
  return expr
}

/** The matchers of a `match[]` parameter: a selector without range, offset or `@`. @throws TM_QUERY_SYNTAX, TM_QUERY_REGEX */
export function parseMatch(text: string): readonly Matcher[] {
  const cursor = new Cursor(text, DEPTH)
  if (!cursor.is('{') && !mayNameMetric(cursor.peek())) cursor.fail()
  const selector = readSelector(cursor, cursor.is('{') ? undefined : cursor.take())
  if (!cursor.isType('end')) cursor.fail()
  checkSelector(selector)
  return selector.matchers
}
