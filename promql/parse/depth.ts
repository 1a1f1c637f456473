import { TidemarkError } from '../../schemas/errors.js'
import type { Expr } from '../ast.js'

/**
 * Refuses an expression that whoever walks it could not walk: a chain of operators (1 + 1 + 1 ...) is as deep as it is
 * long. Walks it itself without recursion.
 * @throws TM_QUERY_DEPTH
 */
export function checkDepth(root: Expr, limit: number): void {
  let deepest = 0
  const open: [expr: Expr, depth: number][] = [[root, 1]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [expr, depth] = next
    deepest = Math.max(deepest, depth)
    for (const child of childrenOf(expr)) open.push([child, depth + 1])
  }
  if (deepest > limit) throw new TidemarkError('TM_QUERY_DEPTH', { depth: deepest, limit })
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'number':
    case 'string':
    case 'vector':
      return []
    case 'matrix':
      return [expr.vector]
    case 'call':
      return expr.args
    case 'aggregate':
      return expr.param ? [expr.param, expr.expr] : [expr.expr]
    case 'binary':
      return [expr.left, expr.right]
    case 'subquery':
    case 'unary':
    case 'paren':
    case 'stepInvariant':
      return [expr.expr]
  }
}
