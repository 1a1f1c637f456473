import { valuePredicate } from '../../schemas/series/matcher.js'
import type { Aggregate, Binary, BinaryOp, Call, Expr, ValueType, VectorSelector } from '../ast.js'
import { syntaxError } from '../errors.js'
import { SIGNATURES, type Signature } from '../functions/signatures.js'
import { quoteString } from '../print/quote.js'
import { valueType } from './value-type.js'

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<=', '<', '>=', '>'] satisfies BinaryOp[])
const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless'] satisfies BinaryOp[])
const TYPE_NAME: Readonly<Record<ValueType, string>> = {
  vector: 'instant vector',
  matrix: 'range vector',
  scalar: 'scalar',
  string: 'string',
}

/**
 * Checks types, arguments and matching, as Prometheus's parser does, and settles the matching of binary expressions:
 * none unless both operands are vectors, many-to-many for set operators.
 * @param text the query: an operator's position is found in it
 * @returns what the expression evaluates to
 * @throws TM_QUERY_SYNTAX
 */
export function checkExpr(expr: Expr, text: string): ValueType {
  if (expr.type === 'aggregate') checkAggregate(expr, text)
  else if (expr.type === 'binary') checkBinary(expr, text)
  else if (expr.type === 'call') checkCall(expr, text)
  else if (expr.type === 'paren') checkExpr(expr.expr, text)
  else if (expr.type === 'unary') checkUnary(expr, text)
  else if (expr.type === 'subquery') checkSubquery(expr, text)
  else if (expr.type === 'matrix') checkSelector(expr.vector)
  else if (expr.type === 'vector') checkSelector(expr)
  return valueType(expr)
}

/** @throws TM_QUERY_SYNTAX if it could read every series there is, or names its metric twice */
export function checkSelector({ name, matchers, span }: VectorSelector): void {
  if (name !== undefined) {
    const other = matchers.slice(0, -1).find((matcher) => matcher.name === '__name__')
    if (!other) return
    throw syntaxError(
      span.from,
      `metric name must not be set twice: ${quoteString(name)} or ${quoteString(other.value)}`,
    )
  }
  if (matchers.every((matcher) => valuePredicate(matcher)(''))) {
    throw syntaxError(span.from, 'vector selector must contain at least one non-empty matcher')
  }
}

function checkAggregate({ op, expr, param }: Aggregate, text: string): void {
  expectType(expr, 'vector', 'aggregation expression', text)
  if (param) expectType(param, op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter', text)
}

function checkUnary({ expr, span }: Extract<Expr, { type: 'unary' }>, text: string): void {
  const type = checkExpr(expr, text)
  if (type === 'scalar' || type === 'vector') return
  throw syntaxError(
    span.from,
    `unary expression only allowed on expressions of type scalar or instant vector, got ${quoteString(TYPE_NAME[type])}`,
  )
}

function checkSubquery({ expr, span }: Extract<Expr, { type: 'subquery' }>, text: string): void {
  const type = checkExpr(expr, text)
  if (type === 'vector') return
  throw syntaxError(span.from, `subquery is only allowed on instant vector, got ${type} instead`)
}

function checkBinary(expr: Binary, text: string): void {
  const { op, left, right, returnBool } = expr
  const types = [checkExpr(left, text), checkExpr(right, text)]
  const isSet = SET_OPERATORS.has(op)
  if (returnBool && !COMPARISONS.has(op)) {
    throw syntaxError(operatorAt(expr, text), 'bool modifier can only be used on comparison operators')
  }
  if (COMPARISONS.has(op) && !returnBool && types.every((type) => type === 'scalar')) {
    throw syntaxError(operatorAt(expr, text), 'comparisons between scalars must use BOOL modifier')
  }
  checkLabels(expr, text)
  for (const [i, operand] of [left, right].entries()) {
    if (types[i] === 'scalar' || types[i] === 'vector') continue
    throw syntaxError(operand.span.from, 'binary expression must contain only scalar and instant vector types')
  }
  if (types.includes('scalar')) settleScalar(expr)
  else if (isSet) settleSet(expr)
}

function checkLabels(expr: Binary, text: string): void {
  const { on, labels, include } = expr.matching!
  const both = on ? labels.find((label) => include.includes(label)) : undefined
  if (both === undefined) return
  throw syntaxError(operatorAt(expr, text), `label ${quoteString(both)} must not occur in ON and GROUP clause at once`)
}

function settleScalar(expr: Binary): void {
  const from = expr.span.from
  if (expr.matching!.labels.length > 0) {
    throw syntaxError(from, 'vector matching only allowed between instant vectors')
  }
  if (expr.matching!.fill) throw syntaxError(from, 'filling in missing series only allowed between instant vectors')
  if (SET_OPERATORS.has(expr.op)) {
    throw syntaxError(from, `set operator ${quoteString(expr.op)} not allowed in binary scalar expression`)
  }
  delete expr.matching
}

function settleSet({ op, matching, span }: Binary): void {
  if (matching!.cardinality !== 'one-to-one') {
    throw syntaxError(span.from, `no grouping allowed for ${quoteString(op)} operation`)
  }
  if (matching!.fill) throw syntaxError(span.from, 'filling in missing series not allowed for set operators')
  matching!.cardinality = 'many-to-many'
}

function checkCall(call: Call, text: string): void {
  const signature = SIGNATURES[call.func]
  checkCount(call, signature)
  if (call.func === 'info' && call.args.length > 1) checkInfoSelector(call.args[1])
  for (const [i, arg] of call.args.entries()) {
    const wanted = signature.args[Math.min(i, signature.args.length - 1)]
    // The second argument of info() chooses labels: it may match every series.
    const type = call.func === 'info' && i === 1 ? valueType(arg) : checkExpr(arg, text)
    if (type === wanted) continue
    throw syntaxError(
      arg.span.from,
      `expected type ${TYPE_NAME[wanted]} in call to function ${quoteString(call.func)}, got ${TYPE_NAME[type]}`,
    )
  }
}

function checkCount({ func, args, span }: Call, signature: Signature): void {
  const { variadic } = signature
  const least = signature.args.length - (variadic === 0 ? 0 : 1)
  const most = variadic < 0 ? Number.POSITIVE_INFINITY : least + variadic
  if (args.length >= least && args.length <= most) return
  const bound = variadic === 0 ? '' : args.length < least ? 'at least ' : 'at most '
  const count = args.length < least ? least : most
  throw syntaxError(
    span.from,
    `expected ${bound}${count} argument(s) in call to ${quoteString(func)}, got ${args.length}`,
  )
}

function checkInfoSelector(arg: Expr): void {
  const type = valueType(arg)
  if (type !== 'vector') {
    throw syntaxError(arg.span.from, `expected type instant vector in call to function "info", got ${TYPE_NAME[type]}`)
  }
  if (arg.type !== 'vector') throw syntaxError(arg.span.from, 'expected label selectors only')
  if (arg.name !== undefined) {
    throw syntaxError(arg.span.from, 'expected label selectors only, got vector selector instead')
  }
}

function expectType(expr: Expr, wanted: ValueType, context: string, text: string): void {
  const type = checkExpr(expr, text)
  if (type === wanted) return
  throw syntaxError(expr.span.from, `expected type ${TYPE_NAME[wanted]} in ${context}, got ${TYPE_NAME[type]}`)
}

function operatorAt({ left }: Binary, text: string): number {
  return left.span.to + /^\s*/.exec(text.slice(left.span.to))![0].length
}
