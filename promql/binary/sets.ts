import type { Binary } from '../ast.js'
import type { EvalContext } from '../evaluate/context.js'
import { ABSENT, FLOAT, type StepSeries } from '../evaluate/values.js'
import { matchSeries } from './match.js'
import { ResultSeries } from './results.js'

/**
 * The set operators, step by step: `and` keeps the left series that have a partner on the right, `unless` those that
 * have none, `or` adds the right series that have none on the left.
 */
export async function combineSets(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  context: EvalContext,
): Promise<StepSeries[]> {
  const { steps } = context.grid
  const { ofLeft, ofRight } = await matchSeries(expr.matching ?? { on: false, labels: [] }, left, right, context)
  const results = new ResultSeries(context)
  const nobody = new Uint8Array(steps)
  for (const [i, series] of left.entries()) {
    await context.pace(steps)
    const partners = expr.op === 'or' ? nobody : ofLeft[i].rightSteps
    copySteps(series, await results.of(series.labels, series.dropName), partners, expr.op === 'and' ? 1 : 0)
  }
  for (const [i, series] of expr.op === 'or' ? right.entries() : []) {
    await context.pace(steps)
    copySteps(series, await results.of(series.labels, series.dropName), ofRight[i].leftSteps, 0)
  }
  return results.filled()
}

/** Copies the steps at which `partners` is as wanted. */
function copySteps(from: StepSeries, to: StepSeries, partners: Uint8Array, wanted: 0 | 1): void {
  const { present, value, histogram } = from
  for (let step = 0; step < present.length; step++) {
    if (present[step] === ABSENT || partners[step] !== wanted) continue
    const one = present[step] === FLOAT ? undefined : histogram?.[step]
    if (one) to.setHistogram(step, one)
    else to.setFloat(step, value[step])
  }
}
