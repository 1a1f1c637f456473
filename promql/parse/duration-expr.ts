import type { DurationExpr, Span } from '../ast.js'
import { syntaxError } from '../errors.js'
import type { Cursor } from './cursor.js'
import { numberLiteral } from './literal.js'
import { MAX_DURATION_SECONDS, wholeMs } from './number.js'

/** A duration as a selector holds it: ms where they are known, the arithmetic where there is any. */
export interface ReadDuration {
  ms: number
  expr?: DurationExpr
}

/** Arithmetic as far as it has been read. */
interface Part {
  expr: DurationExpr
  /** Its value, unless it calls step() or range(). */
  seconds?: number
  /** How deep it is nested. */
  depth: number
}

type Operator = Extract<DurationExpr, { type: 'binary' }>['op']

const PRECEDENCE: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 }
const SIGNED_OPERAND = PRECEDENCE['^']
const EXTREMES: ReadonlyMap<string, 'min' | 'max'> = new Map([
  ['min_of', 'min'],
  ['min', 'min'],
  ['max_of', 'max'],
  ['max', 'max'],
])
const ARITHMETIC: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
  min: Math.min,
  max: Math.max,
}
const FORMS = 'number, duration, step(), or range()'

/** Reads the range or the step of brackets, which must be longer than 0. @throws TM_QUERY_SYNTAX, TM_QUERY_DEPTH */
export function readPositiveDuration(cursor: Cursor, context: string, alternative = ''): ReadDuration {
  if (!startsDuration(cursor)) cursor.fail(context, FORMS + alternative)
  const part = readArithmetic(cursor, 0)
  if (part.seconds !== undefined && part.seconds <= 0) {
    throw syntaxError(part.expr.span.from, 'duration must be greater than 0')
  }
  return asRead(part)
}

/** Reads what follows `offset`: a bare operator ends it, unless what stands before it begins with a parenthesis. */
export function readOffsetDuration(cursor: Cursor): ReadDuration {
  if (!startsDuration(cursor)) cursor.fail('offset', FORMS)
  return asRead(cursor.is('(') ? readArithmetic(cursor, 0) : readOperand(cursor, () => readOperand(cursor)))
}

function asRead({ expr, seconds }: Part): ReadDuration {
  const ms = seconds === undefined ? 0 : wholeMs(seconds)
  return expr.type === 'number' ? { ms } : { ms, expr }
}

function startsDuration(cursor: Cursor): boolean {
  const { type, word } = cursor.peek()
  if (type === 'number' || type === 'duration') return true
  // min_of and max_of are names like any other outside brackets.
  return ['(', '+', '-', 'step', 'range'].includes(word) || EXTREMES.has(word.toLowerCase())
}

function readArithmetic(cursor: Cursor, least: number): Part {
  if (!startsDuration(cursor)) cursor.fail('duration expression', FORMS)
  let left = readOperand(cursor, () => readArithmetic(cursor, SIGNED_OPERAND))
  for (;;) {
    const op = cursor.peek().word as Operator
    const precedence = cursor.isType('operator') ? PRECEDENCE[op] : undefined
    if (precedence === undefined || precedence < least) return left
    cursor.take()
    const right = cursor.nested(() => readArithmetic(cursor, op === '^' ? precedence : precedence + 1))
    left = binary(cursor, op, left, right, { from: left.expr.span.from, to: right.expr.span.to })
  }
}

/** @param readSigned reads what a sign applies to */
function readOperand(cursor: Cursor, readSigned?: () => Part): Part {
  const token = cursor.take()
  const { from, type } = token
  const word = token.word.toLowerCase()
  if (type === 'number' || type === 'duration') {
    const { value, duration, span } = numberLiteral(token)
    return literal(value, duration, span)
  }
  if (word === '+' || word === '-') {
    if (!startsDuration(cursor)) cursor.fail('duration expression', FORMS)
    return signed(cursor, word, cursor.nested(readSigned ?? (() => readOperand(cursor))), from)
  }
  if (word === '(') return readParenthesis(cursor, from)
  cursor.expect('(', 'duration expression', '"("')
  if (word === 'step' || word === 'range') {
    cursor.expect(')', 'duration expression', '")"')
    return { expr: { type: word, span: { from, to: cursor.previousEnd } }, depth: 1 }
  }
  const left = cursor.nested(() => readArithmetic(cursor, 0))
  cursor.expect(',', 'duration expression', '","')
  const right = cursor.nested(() => readArithmetic(cursor, 0))
  cursor.expect(')', 'duration expression', '")"')
  return binary(cursor, EXTREMES.get(word)!, left, right, { from, to: cursor.previousEnd })
}

function readParenthesis(cursor: Cursor, from: number): Part {
  const part = cursor.nested(() => readArithmetic(cursor, 0))
  cursor.expect(')', 'duration expression', '")"')
  const { expr: operand, depth } = part
  // Around a literal they say nothing.
  if (operand.type === 'number') return part
  return { ...part, expr: { type: 'paren', operand, span: { from, to: cursor.previousEnd } }, depth: depth + 1 }
}

function signed(cursor: Cursor, op: '+' | '-', part: Part, from: number): Part {
  const { expr: operand, seconds } = part
  const span = { from, to: operand.span.to }
  const negated = seconds === undefined ? undefined : -seconds
  if (operand.type === 'number') return literal(op === '-' ? negated! : seconds!, operand.duration, span)
  if (op === '+') return part
  const depth = part.depth + 1
  cursor.checkDepth(depth)
  return { expr: { type: 'unary', op, operand, span }, ...(negated !== undefined && { seconds: negated }), depth }
}

function literal(seconds: number, duration: true | undefined, span: Span): Part {
  const expr: DurationExpr = { type: 'number', seconds, ...(duration && { duration }), span }
  return { expr, seconds: inRange(seconds, span), depth: 1 }
}

function binary(cursor: Cursor, op: Operator, left: Part, right: Part, span: Span): Part {
  const expr: DurationExpr = { type: 'binary', op, left: left.expr, right: right.expr, span }
  const depth = 1 + Math.max(left.depth, right.depth)
  cursor.checkDepth(depth)
  if (right.seconds === 0 && (op === '/' || op === '%')) {
    throw syntaxError(right.expr.span.from, op === '/' ? 'division by zero' : 'modulo by zero')
  }
  if (left.seconds === undefined || right.seconds === undefined) return { expr, depth }
  return { expr, seconds: inRange(ARITHMETIC[op](left.seconds, right.seconds), span), depth }
}

function inRange(seconds: number, span: Span): number {
  if (Math.abs(seconds) <= MAX_DURATION_SECONDS) return seconds
  throw syntaxError(span.from, 'duration out of range')
}
