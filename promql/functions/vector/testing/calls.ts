import type { NativeHistogram } from '../../../../schemas/histogram.js'
import type { Label } from '../../../../schemas/series/series.js'
import { Annotations } from '../../../annotations.js'
import type { Call, Expr, VectorSelector } from '../../../ast.js'
import type { EvalContext } from '../../../evaluate/context.js'
import { ABSENT, type Evaluated, HISTOGRAM, StepSeries } from '../../../evaluate/values.js'
import { VECTOR_FUNCTIONS } from '../index.js'

/** Calls functions on written columns: tests only. */

export const span = { from: 0, to: 0 }
export const histogram = { count: 1 } as NativeHistogram

export type Value = number | NativeHistogram | undefined
export type Written = [labels: Record<string, string>, ...values: Value[]]

const asLabels = (labels: Record<string, string>): Label[] =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))

export function series([labels, ...values]: Written): StepSeries {
  const one = new StepSeries(asLabels(labels), values.length)
  values.forEach((value, step) => {
    if (typeof value === 'number') one.setFloat(step, value)
    else if (value) one.setHistogram(step, value)
  })
  return one
}

export const vector = (...written: Written[]): Evaluated => ({ type: 'vector', series: written.map(series) })
export const scalar = (...value: number[]): Evaluated => ({ type: 'scalar', value: Float64Array.from(value) })
export const text = (value: string): Evaluated => ({ type: 'string', value })

export function contextOf(steps: number, infoTimes: StepSeries[], selected: VectorSelector[] = []): EvalContext {
  return {
    grid: { startMs: 0, stepMs: 60_000, steps },
    query: { startMs: 1000, endMs: 3000, stepMs: 500, steps: 5 },
    annotations: new Annotations(),
    selectVector: async () => [],
    selectTimes: async (selector) => {
      selected.push(selector)
      return infoTimes
    },
    spend: async () => {},
    pace: async () => {},
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
