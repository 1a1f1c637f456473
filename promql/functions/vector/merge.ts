import { executionError } from '../../errors.js'
import type { EvalContext } from '../../evaluate/context.js'
import { ABSENT, HISTOGRAM, StepSeries } from '../../evaluate/values.js'
import { labelsKey } from '../../labels.js'

/**
 * One series for each label set: those that have come to have the same one are joined where they never stand at the
 * same step.
 * @throws TM_QUERY_EXECUTION where they do
 */
export async function mergeSameLabels(series: readonly StepSeries[], context: EvalContext): Promise<StepSeries[]> {
  const byLabels = new Map<string, StepSeries[]>()
  for (const one of series) {
    const key = labelsKey(one.labels)
    const same = byLabels.get(key)
    if (same) same.push(one)
    else byLabels.set(key, [one])
  }
  const merged: StepSeries[] = []
  for (const same of byLabels.values()) merged.push(same.length === 1 ? same[0] : await join(same, context))
  return merged
}

async function join(same: readonly StepSeries[], context: EvalContext): Promise<StepSeries> {
  const { grid } = context
  const joined = new StepSeries(
    same[0].labels,
    grid.steps,
    same.some(({ dropName }) => dropName),
  )
  for (const one of same) {
    await context.spend(grid.steps)
    for (let step = 0; step < grid.steps; step++) {
      if (one.present[step] === ABSENT) continue
      if (joined.present[step] !== ABSENT) throw executionError('vector cannot contain metrics with the same labelset')
      if (one.present[step] === HISTOGRAM) joined.setHistogram(step, one.histogram![step]!)
      else joined.setFloat(step, one.value[step])
    }
  }
  return joined
}
