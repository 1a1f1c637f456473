import type { NativeHistogram } from '../../../../schemas/histogram.js'
import type { Call, Expr, VectorSelector } from '../../../ast.js'
import type { EvalContext } from '../../../evaluate/context.js'
import { ABSENT, type Evaluated, HISTOGRAM, type StepSeries } from '../../../evaluate/values.js'
import { contextOf as plainContextOf, type Sample, series as seriesOf } from '../../../testing/vectors.js'
import { VECTOR_FUNCTIONS } from '../index.js'

/** Calls functions on written columns: tests only. */

export const span = { from: 0, to: 0 }
export const histogram = { count: 1 } as NativeHistogram

export type Written = [labels: Record<string, string>, ...values: Sample[]]

export const series = ([labels, ...values]: Written): StepSeries => seriesOf(labels, values)

export const vector = (...written: Written[]): Evaluated => ({ type: 'vector', series: written.map(series) })
export const scalar = (...value: number[]): Evaluated => ({ type: 'scalar', value: Float64Array.from(value) })
export const text = (value: string): Evaluated => ({ type: 'string', value })

/** A context that answers with these series where the times of samples are asked for, and notes by which selector. */
export function contextOf(steps: number, infoTimes: StepSeries[], selected: VectorSelector[] = []): EvalContext {
  return {
    ...plainContextOf(steps),
    selectTimes: async (selector) => {
      selected.push(selector)
      return infoTimes
    },
  }
}

export async function call(
  func: string,
  args: Evaluated[],
  {
    exprs = [],
    steps = 1,
    context = contextOf(steps, []),
  }: { exprs?: Expr[]; steps?: number; context?: EvalContext } = {},
): Promise<Evaluated> {
  const expr: Call = { type: 'call', func, args: exprs, span }
  return VECTOR_FUNCTIONS[func]({ expr, args, context })
}

/** Labels, whether the name goes, and what stands at each step. */
export function shown(evaluated: Evaluated) {
  if (evaluated.type !== 'vector') return evaluated.type === 'scalar' ? [...evaluated.value] : evaluated.value
  return evaluated.series.map((one) => ({
    labels: Object.fromEntries(one.labels),
    dropName: one.dropName,
    values: [...one.present].map((kind, step) =>
      kind === ABSENT ? undefined : kind === HISTOGRAM ? one.histogram?.[step] : one.value[step],
    ),
  }))
}
