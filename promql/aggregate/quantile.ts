import { sortedQuantile } from '../../schemas/sketch/quantile.js'
import { INFO, WARNING } from '../annotations.js'
import type { Aggregate } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import { FLOAT, HISTOGRAM, StepSeries } from '../evaluate/values.js'
import { Pace } from '../pace.js'
import type { Group } from './group.js'
import { rangeOf, spanOf } from './parameter.js'

/** quantile(q, vector): q may differ from step to step. Warns of one that is not between 0 and 1. */
export async function quantileAcross(
  expr: Aggregate,
  groups: readonly Group[],
  q: Float64Array,
  context: EvalContext,
): Promise<StepSeries[]> {
  const { min, max, hasNaN } = rangeOf(q)
  for (const invalid of [hasNaN ? Number.NaN : undefined, max > 1 ? max : undefined, min < 0 ? min : undefined]) {
    if (invalid !== undefined) context.annotations.warn(WARNING.invalidQuantile(invalid), spanOf(expr.param ?? expr))
  }
  const results: StepSeries[] = []
  const pace = new Pace(context)
  for (const { labels, dropName, members } of groups) {
    await context.spend(context.grid.steps)
    const result = new StepSeries(labels, context.grid.steps, dropName)
    const values = new Float64Array(members.length)
    for (let step = 0; step < context.grid.steps; step++) {
      if (pace.owes(members.length)) await pace.settle()
      let count = 0
      for (const { present, value } of members) if (present[step] === FLOAT) values[count++] = value[step]
      if (count > 0) result.setFloat(step, quantile(q[step], values.subarray(0, count)))
    }
    if (members.some(({ histogram, present }) => histogram && present.includes(HISTOGRAM))) {
      context.annotations.inform(INFO.histogramIgnored('quantile'), spanOf(expr.expr))
    }
    results.push(result)
  }
  return results
}

/**
 * The q-quantile of at least one value, interpolated between the two nearest. NaN counts as smaller than any number.
 * Below 0 it is -Inf, above 1 it is +Inf. Sorts the values in place.
 */
export function quantile(q: number, values: Float64Array): number {
  if (Number.isNaN(q)) return Number.NaN
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY
  return sortedQuantile(q, values.sort())
}
