import { type Condition, isChange, isComposite, isThreshold, type Part } from './condition.js'

/** A condition as a sentence that `parseSentence` reads: `api_error_rate > 5% FOR 5m`. */
export function describe({ metric_query, condition }: { metric_query: string; condition: Condition }): string {
  const { duration, keep_firing_for } = condition
  const clause = isComposite(condition) ? describePart(condition) : describePart({ ...condition, metric_query })
  const per = isComposite(condition) && condition.per ? ` PER ${condition.per.join(', ')}` : ''
  const held = duration ? ` FOR ${duration}` : ''
  return `${clause}${per}${held}${keep_firing_for ? ` KEEP FIRING FOR ${keep_firing_for}` : ''}`
}

function describePart(part: Part): string {
  if (isComposite(part)) {
    const inner = part.conditions.map((one) => (isComposite(one) ? `(${describePart(one)})` : describePart(one)))
    return part.operator === 'NOT' ? `NOT ${inner[0]}` : inner.join(` ${part.operator} `)
  }
  const { metric_query: query } = part
  if (isThreshold(part)) return `${query} ${part.operator} ${part.threshold}`
  if (isChange(part)) return `${query} ${part.operator} > ${part.threshold} in ${part.within}`
  if (part.operator === 'absent') return `${part.each ? 'each ' : ''}${query} is absent`
  if (part.operator === 'promql') return query
  const { direction, sensitivity } = part
  const side = direction && direction !== 'any' ? ` ${direction}` : ''
  if (sensitivity === undefined) return `${query} is anomalous${side}`
  const named = typeof sensitivity === 'number' ? `sensitivity ${sensitivity}` : `${sensitivity} sensitivity`
  return `${query} is anomalous${side} with ${named}`
}
