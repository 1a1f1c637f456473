import type { DurationExpr } from '../ast.js'
import { formatDurationMs, formatNumber } from './number.js'

/** Arithmetic on durations as it is written in a query. */
export function formatDurationExpr(expr: DurationExpr): string {
  switch (expr.type) {
    case 'number':
      return expr.duration ? formatDurationMs(Math.round(expr.seconds * 1000)) : formatNumber(expr.seconds)
    case 'step':
    case 'range':
      return `${expr.type}()`
    case 'unary':
      return (expr.op === '-' ? '-' : '') + formatDurationExpr(expr.operand)
    case 'paren':
      return `(${formatDurationExpr(expr.operand)})`
    case 'binary': {
      const [left, right] = [formatDurationExpr(expr.left), formatDurationExpr(expr.right)]
      return expr.op === 'min' || expr.op === 'max' ? `${expr.op}_of(${left}, ${right})` : `${left} ${expr.op} ${right}`
    }
  }
}
