import type { Expr, ValueType } from '../ast.js'
import { SIGNATURES } from '../functions/signatures.js'

/** What an expression evaluates to. */
export function valueType(expr: Expr): ValueType {
  switch (expr.type) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'vector':
    case 'aggregate':
      return 'vector'
    case 'matrix':
    case 'subquery':
      return 'matrix'
    case 'call':
      return SIGNATURES[expr.func].returns
    case 'binary':
      return valueType(expr.left) === 'scalar' && valueType(expr.right) === 'scalar' ? 'scalar' : 'vector'
    case 'paren':
    case 'unary':
    case 'stepInvariant':
      return valueType(expr.expr)
  }
}
