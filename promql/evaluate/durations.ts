import type { DurationExpr } from '../ast.js'
import { syntaxError } from '../errors.js'

/** The query's own times, as `step()`, `range()`, `start()` and `end()` tell them. ms; stepMs 0: an instant query. */
export interface QueryTimes {
  startMs: number
  endMs: number
  stepMs: number
}

/**
 * A range or a step, ms.
 * @throws TM_QUERY_SYNTAX if it is not above 0
 */
export function lengthOf(expr: DurationExpr, query: QueryTimes): number {
  const seconds = secondsOf(expr, query)
  if (!(seconds > 0)) throw syntaxError(expr.span.from, 'duration must be greater than 0')
  return milliseconds(seconds, expr)
}

/** An offset, ms: negative ones look ahead. */
export function offsetOf(expr: DurationExpr, query: QueryTimes): number {
  return milliseconds(secondsOf(expr, query), expr)
}

/** Fractions of a millisecond are cut off. */
function milliseconds(seconds: number, { span }: DurationExpr): number {
  const ms = Math.trunc(seconds * 1000)
  if (!Number.isSafeInteger(ms)) throw syntaxError(span.from, 'duration is out of range')
  return ms === 0 ? 0 : ms
}

function secondsOf(expr: DurationExpr, query: QueryTimes): number {
  switch (expr.type) {
    case 'number':
      return expr.seconds
    case 'step':
      return query.stepMs / 1000
    case 'range':
      return (query.endMs - query.startMs) / 1000
    case 'paren':
      return secondsOf(expr.operand, query)
    case 'unary':
      return expr.op === '-' ? -secondsOf(expr.operand, query) : secondsOf(expr.operand, query)
    case 'binary':
      return combined(expr, secondsOf(expr.left, query), secondsOf(expr.right, query))
  }
}

function combined({ op, span }: DurationExpr & { type: 'binary' }, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      if (right === 0) throw syntaxError(span.from, 'division by zero')
      return left / right
    case '%':
      if (right === 0) throw syntaxError(span.from, 'modulo by zero')
      return left % right
    case '^':
      return left ** right
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
  }
}
