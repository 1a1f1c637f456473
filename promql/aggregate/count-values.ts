import type { Aggregate } from '../ast.js'
import { executionError } from '../errors.js'
import type { EvalContext } from '../evaluate/context.js'
import { ABSENT, FLOAT, StepSeries } from '../evaluate/values.js'
import { formatHistogram } from '../histogram/index.js'
import { labelsKey, setLabel } from '../labels.js'
import { formatNumber } from '../print/number.js'
import { quoteString } from '../print/quote.js'
import { groupLabels } from './group.js'

/**
 * count_values(label, vector): how many series of a group have the same value, which goes into the label (before the
 * grouping, so that `without` may drop it again).
 */
export async function countValues(
  expr: Aggregate,
  operand: readonly StepSeries[],
  label: string,
  context: EvalContext,
): Promise<StepSeries[]> {
  if (label === '' || /\p{Surrogate}/u.test(label)) throw executionError(`invalid label name ${quoteString(label)}`)
  const groupOf = groupLabels(expr.without ? expr : { without: false, labels: [...expr.labels, label] })
  const { steps } = context.grid
  const counts = new Map<string, StepSeries>()
  for (const series of operand) {
    await context.pace(steps)
    const resultOf = new Map<string, StepSeries>()
    for (let step = 0; step < steps; step++) {
      if (series.present[step] === ABSENT) continue
      const text = valueText(series, step)
      let result = resultOf.get(text)
      if (!result) {
        const labels = groupOf(setLabel(series.labels, label, text))
        const key = labelsKey(labels)
        result = counts.get(key)
        if (!result) {
          await context.spend(steps)
          result = new StepSeries(labels, steps)
          counts.set(key, result)
        }
        resultOf.set(text, result)
      }
      result.setFloat(step, result.value[step] + 1)
    }
  }
  return [...counts.values()]
}

function valueText({ present, value, histogram }: StepSeries, step: number): string {
  if (present[step] === FLOAT) return formatNumber(value[step])
  const one = histogram?.[step]
  return one ? formatHistogram(one) : ''
}
