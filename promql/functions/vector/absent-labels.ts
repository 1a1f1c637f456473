import type { Matcher } from '../../../schemas/series/matcher.js'
import type { Expr } from '../../ast.js'
import { type LabelSet, METRIC_NAME, setLabel } from '../../labels.js'

/**
 * The labels that an absent series would have had: what absent() and absent_over_time() give for their argument. Those
 * that one equality matcher of a selector fixes; a label that any other matcher names as well is left out, and so is
 * the metric name. Expressions that are no selector give none.
 */
export function absentLabels(argument: Expr): LabelSet {
  const matchers = matchersOf(argument).filter(({ name }) => name !== METRIC_NAME)
  const fixed = new Set<string>()
  let labels: LabelSet = []
  for (const { name, op, value } of matchers) {
    const isFirst = op === '=' && !fixed.has(name)
    if (isFirst) fixed.add(name)
    labels = setLabel(labels, name, isFirst ? value : '')
  }
  return labels
}

function matchersOf(argument: Expr): readonly Matcher[] {
  if (argument.type === 'paren' || argument.type === 'stepInvariant') return matchersOf(argument.expr)
  if (argument.type === 'vector') return argument.matchers
  return argument.type === 'matrix' ? argument.vector.matchers : []
}
