import type { Expr, VectorSelector } from '../../promql/ast.js'

/** Functions that tell the evaluation time, which cannot be moved. */
const TELLS_TIME: ReadonlySet<string> = new Set(['time', 'timestamp', 'predict_linear'])

/** The expression as it was so many ms before: every selector in it reads that much earlier. @throws Error if it cannot */
export function shiftedBack(expr: Expr, byMs: number): Expr {
  const inside = (part: Expr) => shiftedBack(part, byMs)
  switch (expr.type) {
    case 'vector':
      return earlier(expr, byMs)
    case 'matrix':
      return { ...expr, vector: earlier(expr.vector, byMs) }
    case 'subquery':
      if (expr.at || expr.offsetExpr) throw fixedTime()
      return { ...expr, offsetMs: expr.offsetMs + byMs }
    case 'call':
      if (TELLS_TIME.has(expr.func)) throw new Error(`${expr.func}() cannot be compared with an earlier time`)
      return { ...expr, args: expr.args.map(inside) }
    case 'aggregate':
      return { ...expr, expr: inside(expr.expr), param: expr.param && inside(expr.param) }
    case 'binary':
      return { ...expr, left: inside(expr.left), right: inside(expr.right) }
    case 'number':
    case 'string':
      return expr
    default:
      return { ...expr, expr: inside(expr.expr) }
  }
}

function earlier(selector: VectorSelector, byMs: number): VectorSelector {
  if (selector.at || selector.offsetExpr) throw fixedTime()
  return { ...selector, offsetMs: selector.offsetMs + byMs }
}

function fixedTime(): Error {
  return new Error('a query with @ or a computed offset cannot be compared with an earlier time: leave that away')
}
