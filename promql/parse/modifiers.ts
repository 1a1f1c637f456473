import type { AtModifier, Expr, MatrixSelector, Subquery, TimeModifiers, VectorSelector } from '../ast.js'
import { syntaxError } from '../errors.js'
import type { Cursor } from './cursor.js'
import { readOffsetDuration, readPositiveDuration } from './duration-expr.js'
import { numberLiteral } from './literal.js'

type Selector = VectorSelector | MatrixSelector | Subquery

/** Reads what may follow an operand: ranges, subqueries, `offset`, `@`, `anchored`, `smoothed`, in any number. */
export function readModifiers(cursor: Cursor, operand: Expr): Expr {
  let expr = operand
  for (;;) {
    if (cursor.is('[')) expr = readBrackets(cursor, expr)
    else if (cursor.is('offset')) expr = readOffset(cursor, expr)
    else if (cursor.is('@')) expr = readAt(cursor, expr)
    else if (cursor.is('anchored') || cursor.is('smoothed')) expr = readExtent(cursor, expr)
    else return expr
  }
}

function readBrackets(cursor: Cursor, expr: Expr): MatrixSelector | Subquery {
  const open = cursor.take()
  const range = readPositiveDuration(cursor, 'subquery or range selector')
  const ranged = { rangeMs: range.ms, ...(range.expr && { rangeExpr: range.expr }) }
  if (cursor.accept(':')) {
    const step = cursor.is(']')
      ? { ms: 0, expr: undefined }
      : readPositiveDuration(cursor, 'subquery selector', ', or "]"')
    cursor.expect(']', 'subquery selector', '"]"')
    const stepped = { stepMs: step.ms, ...(step.expr && { stepExpr: step.expr }) }
    return { type: 'subquery', expr, ...ranged, ...stepped, offsetMs: 0, span: spanTo(cursor, expr) }
  }
  cursor.expect(']', 'subquery or range', '":" or "]"')
  if (expr.type !== 'vector') throw syntaxError(open.from, 'ranges only allowed for vector selectors')
  if (expr.offsetMs !== 0 || expr.offsetExpr) throw syntaxError(open.from, 'no offset modifiers allowed before range')
  if (expr.at) throw syntaxError(open.from, 'no @ modifiers allowed before range')
  return { type: 'matrix', vector: expr, ...ranged, span: spanTo(cursor, expr) }
}

function readOffset(cursor: Cursor, expr: Expr): Expr {
  cursor.take()
  const { ms, expr: offsetExpr } = readOffsetDuration(cursor)
  const selector = selectorOf(expr, 'offset modifier')
  const { offsetMs, offsetExpr: earlier } = modifiersOf(selector)
  if (offsetMs !== 0 || earlier) throw syntaxError(expr.span.from, 'offset may not be set multiple times')
  return withModifiers(cursor, selector, { offsetMs: ms, ...(offsetExpr && { offsetExpr }) })
}

function readAt(cursor: Cursor, expr: Expr): Expr {
  cursor.take()
  const at = readAtTime(cursor, expr)
  const selector = selectorOf(expr, '@ modifier')
  if (modifiersOf(selector).at) throw syntaxError(expr.span.from, '@ <timestamp> may not be set multiple times')
  return withModifiers(cursor, selector, { at })
}

function readAtTime(cursor: Cursor, expr: Expr): AtModifier {
  for (const preprocessor of ['start', 'end'] as const) {
    if (!cursor.accept(preprocessor)) continue
    cursor.expect('(', '@', '"("')
    cursor.expect(')', '@', '")"')
    return { preprocessor }
  }
  const sign = cursor.accept('-') ? -1 : 1
  if (sign > 0) cursor.accept('+')
  if (!cursor.isType('number', 'duration')) cursor.fail('@', 'timestamp')
  const seconds = sign * numberLiteral(cursor.take()).value
  if (!(Math.abs(seconds) < 2 ** 63)) {
    throw syntaxError(expr.span.from, `timestamp out of bounds for @ modifier: ${seconds}`)
  }
  const timeMs = Math.round(seconds * 1000)
  return { timeMs: timeMs === 0 ? 0 : timeMs }
}

function readExtent(cursor: Cursor, expr: Expr): Expr {
  const extent = cursor.take().word as 'anchored' | 'smoothed'
  const from = expr.span.from
  if (expr.type === 'subquery') throw syntaxError(from, `${extent} modifier is not supported for subqueries`)
  if (expr.type !== 'vector' && expr.type !== 'matrix') throw syntaxError(from, `${extent} modifier not implemented`)
  const vector = expr.type === 'vector' ? expr : expr.vector
  if (vector.extent && vector.extent !== extent) {
    throw syntaxError(from, 'anchored and smoothed modifiers cannot be used together')
  }
  const span = spanTo(cursor, expr)
  return expr.type === 'vector' ? { ...expr, extent, span } : { ...expr, vector: { ...vector, extent }, span }
}

function selectorOf(expr: Expr, modifier: string): Selector {
  if (expr.type === 'vector' || expr.type === 'matrix' || expr.type === 'subquery') return expr
  throw syntaxError(
    expr.span.from,
    `${modifier} must be preceded by an instant vector selector or range vector selector or a subquery`,
  )
}

function modifiersOf(selector: Selector): TimeModifiers {
  return selector.type === 'matrix' ? selector.vector : selector
}

function withModifiers(cursor: Cursor, selector: Selector, modifiers: Partial<TimeModifiers>): Selector {
  const span = spanTo(cursor, selector)
  if (selector.type === 'matrix') return { ...selector, vector: { ...selector.vector, ...modifiers }, span }
  return { ...selector, ...modifiers, span }
}

function spanTo(cursor: Cursor, expr: Expr) {
  return { from: expr.span.from, to: cursor.previousEnd }
}
