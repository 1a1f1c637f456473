import type { Expr } from '../../promql/ast.js'
import { isMetadataLabel } from '../../promql/labels.js'
import { valueType } from '../../promql/parse/value-type.js'
import { parseExpr } from '../../promql/parse.js'
import { formatExpr } from '../../promql/print/format.js'
import type { Known } from './known.js'

/** A condition as PromQL: it gives the series for which it holds. */
export interface Fragment {
  text: string
  /** True if a set operator stands outermost: as an operand it needs parentheses. */
  isSet: boolean
  /** Label names of each series that it can give; undefined if that is not known. */
  labels: readonly LabelNames[] | undefined
  /** What was made of what was written. */
  notes: readonly string[]
}

/** Labels of one series, by name. */
export type LabelNames = Readonly<Record<string, string>>

const COMPARES_OR_SETS: ReadonlySet<string> = new Set([
  '==',
  '!=',
  '>',
  '<',
  '>=',
  '<=',
  '</',
  '>/',
  'and',
  'or',
  'unless',
])

/** A query that a condition is about. @throws Error if it is no query that gives series */
export function readQuery(text: string): Expr {
  const expr = parseExpr(text)
  const type = valueType(expr)
  if (type === 'vector') return expr
  const fix = type === 'matrix' ? 'put a function around it, such as rate() or max_over_time()' : 'name a metric in it'
  throw new Error(`${text} gives no series at a time: ${fix}`)
}

/** The text of a query as an operand of a comparison or of arithmetic. */
export function operand(expr: Expr): string {
  const text = formatExpr(expr)
  return expr.type === 'binary' ? `(${text})` : text
}

/** The text of a query as the left side of a comparison. */
export function compared(expr: Expr): string {
  const text = formatExpr(expr)
  return expr.type === 'binary' && COMPARES_OR_SETS.has(expr.op) ? `(${text})` : text
}

/** Labels of what the query gives right now. */
export function labelsOf(query: string, known: Known): LabelNames[] | undefined {
  return known
    .results(query)
    ?.map(({ labels }) => Object.fromEntries(labels.filter(([name]) => !isMetadataLabel(name))))
}
