import type { Call } from '../ast.js'
import type { Evaluation } from './evaluation.js'
import { directSelector } from './prepare.js'
import { ABSENT, type Evaluated, StepSeries } from './values.js'

/** timestamp(): when the points of a selector were taken; the evaluation time for all other expressions. Seconds. */
export async function timestamps(expr: Call, evaluation: Evaluation): Promise<Evaluated> {
  const selector = directSelector(expr.args[0])
  if (selector) return inSeconds(await evaluation.selectTimes(selector), ownTime, evaluation)
  const argument = await evaluation.evaluate(expr.args[0])
  const { startMs, stepMs } = evaluation.grid
  const series = argument.type === 'vector' ? argument.series : []
  return inSeconds(series, () => (step) => (startMs + step * stepMs) / 1000, evaluation)
}

/** start_timestamp(): since when the points of a selector have counted, 0 where that is not known. Seconds. */
export async function startTimestamps(expr: Call, evaluation: Evaluation): Promise<Evaluated> {
  const selector = directSelector(expr.args[0])
  if (selector) return inSeconds(await evaluation.select(selector, 'start'), ownTime, evaluation)
  await evaluation.evaluate(expr.args[0])
  return { type: 'vector', series: [] }
}

type TimeAt = (step: number) => number

const ownTime =
  ({ value }: StepSeries): TimeAt =>
  (step) =>
    value[step] / 1000

async function inSeconds(
  series: readonly StepSeries[],
  timeOf: (series: StepSeries) => TimeAt,
  evaluation: Evaluation,
): Promise<Evaluated> {
  const times: StepSeries[] = []
  for (const one of series) {
    await evaluation.spend(one.present.length)
    times.push(floats(one, timeOf(one)))
  }
  return { type: 'vector', series: times }
}

function floats(series: StepSeries, valueAt: TimeAt): StepSeries {
  const result = new StepSeries(series.labels, series.present.length, true)
  for (let step = 0; step < series.present.length; step++) {
    if (series.present[step] !== ABSENT) result.setFloat(step, valueAt(step))
  }
  return result
}
