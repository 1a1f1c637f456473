import type { Matcher } from '../../schemas/series/matcher.js'
import type { Binary, Expr, TimeModifiers, VectorSelector } from '../ast.js'
import { SIGNATURES } from '../functions/signatures.js'
import { formatNumber } from './number.js'

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** An expression as `/api/v1/parse_query` answers it, field for field as Prometheus 3.14; durations and times in ms. */
export function exprToJson(expr: Expr): Json {
  switch (expr.type) {
    case 'number':
      return { type: 'numberLiteral', val: formatNumber(expr.value) }
    case 'string':
      return { type: 'stringLiteral', val: expr.value }
    case 'vector':
      return { type: 'vectorSelector', ...selectorJson(expr) }
    case 'matrix':
      return { type: 'matrixSelector', ...selectorJson(expr.vector), range: expr.rangeMs }
    case 'subquery': {
      const { rangeMs: range, stepMs: step } = expr
      return { type: 'subquery', expr: exprToJson(expr.expr), range, step, ...modifiersJson(expr) }
    }
    case 'call':
      return { type: 'call', func: functionJson(expr.func), args: expr.args.map(exprToJson) }
    case 'aggregate':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: exprToJson(expr.expr),
        param: expr.param ? exprToJson(expr.param) : null,
        grouping: expr.labels,
        without: expr.without,
      }
    case 'binary':
      return binaryJson(expr)
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: exprToJson(expr.expr) }
    case 'paren':
      return { type: 'parenExpr', expr: exprToJson(expr.expr) }
    case 'stepInvariant':
      return exprToJson(expr.expr)
  }
}

function selectorJson(selector: VectorSelector): Record<string, Json> {
  return {
    name: selector.name ?? '',
    matchers: selector.matchers.map(matcherJson),
    ...modifiersJson(selector),
    anchored: selector.extent === 'anchored',
    smoothed: selector.extent === 'smoothed',
  }
}

function matcherJson({ name, op, value }: Matcher): Json {
  return { name, value, type: op }
}

function modifiersJson({ offsetMs, at }: TimeModifiers): Record<string, Json> {
  return {
    offset: offsetMs,
    timestamp: at && 'timeMs' in at ? at.timeMs : null,
    startOrEnd: at && 'preprocessor' in at ? at.preprocessor : null,
  }
}

function functionJson(name: string): Json {
  const { args, variadic, returns } = SIGNATURES[name]
  return { name, argTypes: args, variadic, returnType: returns }
}

function binaryJson({ op, left, right, returnBool, matching }: Binary): Json {
  return {
    type: 'binaryExpr',
    op,
    lhs: exprToJson(left),
    rhs: exprToJson(right),
    matching: matching
      ? {
          card: matching.cardinality,
          labels: matching.labels,
          on: matching.on,
          include: matching.include,
          fillValues: { lhs: matching.fill?.left ?? null, rhs: matching.fill?.right ?? null },
        }
      : null,
    bool: returnBool,
  }
}
