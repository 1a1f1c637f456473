import type { Expr } from '../../promql/ast.js'
import { formatExpr } from '../../promql/print/format.js'
import { formatDuration } from '../../schemas/config/duration.js'
import type { Change } from './condition.js'
import { type Fragment, labelsOf, operand, readQuery } from './fragment.js'
import type { Known } from './known.js'
import { metricName, unitOf } from './metric-unit.js'
import { parseSpan } from './quantity.js'
import { shiftedBack } from './shift.js'
import { amount, unitFor } from './threshold.js'

/**
 * `cpu_usage increases > 30% in 10 minutes`: the query compared with itself as it was then. A percentage is of what it
 * was, and the alert's value is how many percent it has changed; any other amount is a difference.
 * @throws Error that says what to write instead
 */
export function change(query: string, condition: Change, known: Known): Fragment {
  const { operator, threshold } = condition
  const expr = readQuery(query)
  const withinMs = parseSpan(condition.within)
  if (!withinMs) throw new Error(`within "${condition.within}" is no span of time: write one such as 10m`)
  const labels = labelsOf(query, known)
  const isRelative = typeof threshold === 'string' && threshold.trim().endsWith('%')
  if (isCounter(expr, known)) {
    if (isRelative || operator === 'decreases') throw counterFault(query, condition)
    const { number, note } = amount(threshold, undefined, query)
    const text = `increase(${formatExpr(expr)}[${formatDuration(withinMs)}]) > ${number}`
    return { text, isSet: false, labels, notes: note ? [note] : [] }
  }
  const before = shiftedBack(expr, withinMs)
  const difference = `${operand(expr)} - ${operand(before)}`
  if (isRelative) {
    const { number } = amount(threshold.trim().slice(0, -1), undefined, query)
    const percent = `100 * (${difference}) / abs(${operand(before)})`
    return { text: comparison(percent, operator, number), isSet: false, labels, notes: [] }
  }
  const points = typeof threshold === 'string' ? threshold.replace(/\s*points?$/, '') : threshold
  const unit = unitFor(condition.metric_unit, () => unitOf(expr, known))
  const { number, note } = amount(points, unit, query)
  return { text: comparison(difference, operator, number), isSet: false, labels, notes: note ? [note] : [] }
}

function comparison(difference: string, operator: Change['operator'], amount: number): string {
  if (amount < 0) throw new Error(`${amount} is less than nothing: write how much it ${operator}, without a sign`)
  if (operator === 'increases') return `${difference} > ${amount}`
  if (operator === 'decreases') return `${difference} < -${amount}`
  return `abs(${difference}) > ${amount}`
}

function isCounter(expr: Expr, known: Known): boolean {
  const name = metricName(expr)
  return name !== undefined && (known.metric(name)?.type === 'counter' || name.endsWith('_total'))
}

function counterFault(query: string, { operator, threshold, within }: Change): Error {
  return new Error(
    `${query} is a counter, which only ever grows: write \`rate(${query}[5m]) ${operator} > ${threshold} in ${within}\``,
  )
}
