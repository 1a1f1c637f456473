import type { Binary, BinaryOp, Expr, NumberLiteral } from '../ast.js'
import { readAggregate, readCall } from './call.js'
import type { Cursor } from './cursor.js'
import { numberLiteral, stringValue } from './literal.js'
import { readBinaryModifiers } from './matching.js'
import { readModifiers } from './modifiers.js'
import { readSelector } from './selector.js'
import { mayNameMetric } from './token.js'

const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<=': 3,
  '<': 3,
  '>=': 3,
  '>': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
}

/** What a sign applies to: it binds as `*` does, so that -1 ^ 2 is -(1 ^ 2). */
const SIGNED_OPERAND = PRECEDENCE['^']

/** Reads an expression of operators that bind at least as strongly as `least`. @throws TM_QUERY_SYNTAX, TM_QUERY_DEPTH */
export function readExpression(cursor: Cursor, least = 0): Expr {
  let left = readModifiers(cursor, readOperand(cursor))
  for (let links = 1; ; links++) {
    const op = cursor.peek().word as BinaryOp
    const precedence = cursor.isType('operator') ? (PRECEDENCE as Partial<typeof PRECEDENCE>)[op] : undefined
    if (precedence === undefined || precedence < least) return left
    cursor.checkDepth(links + 1)
    left = readBinary(cursor, left, op, precedence)
  }
}

function readBinary(cursor: Cursor, left: Expr, op: BinaryOp, precedence: number): Binary {
  cursor.take()
  const { returnBool, matching } = readBinaryModifiers(cursor)
  const right = cursor.nested(() => readExpression(cursor, op === '^' ? precedence : precedence + 1))
  return { type: 'binary', op, left, right, returnBool, matching, span: { from: left.span.from, to: right.span.to } }
}

function readOperand(cursor: Cursor): Expr {
  const { type, word, from } = cursor.peek()
  if (type === 'number' || type === 'duration') return numberLiteral(cursor.take())
  if (type === 'string') return { type: 'string', value: stringValue(cursor.take()), span: spanFrom(cursor, from) }
  if (word === '(') {
    cursor.take()
    const expr = cursor.nested(() => readExpression(cursor))
    if (!cursor.accept(')')) cursor.fail()
    return { type: 'paren', expr, span: spanFrom(cursor, from) }
  }
  if (word === '{') return readSelector(cursor)
  if (word === '+' || word === '-') return readSigned(cursor)
  if (mayNameMetric(cursor.peek())) return readNamed(cursor)
  return cursor.fail()
}

/** A sign before a number belongs to the number, unless an operator takes the number first. */
function readSigned(cursor: Cursor): Expr {
  const { word, from } = cursor.take()
  const op = word as '+' | '-'
  const expr = cursor.nested(() => readExpression(cursor, SIGNED_OPERAND))
  const span = spanFrom(cursor, from)
  if (expr.type !== 'number') return { type: 'unary', op, expr, span }
  const signed: NumberLiteral = { ...expr, value: op === '-' ? -expr.value : expr.value, span }
  return signed
}

/** A call, an aggregation or a metric: what follows the name decides. */
function readNamed(cursor: Cursor): Expr {
  const name = cursor.take()
  const read = () => cursor.nested(() => readExpression(cursor))
  const called = cursor.is('(')
  if (name.type === 'aggregate' && (called || cursor.is('by') || cursor.is('without'))) {
    return readAggregate(cursor, name, read)
  }
  if (called && (name.type === 'identifier' || name.type === 'preprocessor')) return readCall(cursor, name, read)
  return readSelector(cursor, name)
}

function spanFrom(cursor: Cursor, from: number) {
  return { from, to: cursor.previousEnd }
}
