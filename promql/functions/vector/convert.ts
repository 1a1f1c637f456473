import { ABSENT, FLOAT, StepSeries } from '../../evaluate/values.js'
import type { VectorCall, VectorFunction } from '../function.js'
import { absentLabels } from './absent-labels.js'
import { scalarArgument, vectorArgument } from './arguments.js'

/** From vectors to scalars, back, and from nothing to something. */
export const CONVERSION_FUNCTIONS: Readonly<Record<string, VectorFunction>> = { absent, scalar, vector }

/** The one float there is at a step, NaN where there is none or more than one. Histograms do not count. */
async function scalar(call: VectorCall) {
  const { steps } = call.context.grid
  const value = new Float64Array(steps).fill(Number.NaN)
  const floats = new Uint32Array(steps)
  for (const one of vectorArgument(call, 0)) {
    await call.context.spend(steps)
    for (let step = 0; step < steps; step++) {
      if (one.present[step] !== FLOAT) continue
      floats[step]++
      value[step] = floats[step] === 1 ? one.value[step] : Number.NaN
    }
  }
  return { type: 'scalar' as const, value }
}

async function vector(call: VectorCall) {
  const { steps } = call.context.grid
  await call.context.spend(steps)
  const series = new StepSeries([], steps)
  scalarArgument(call, 0).forEach((value, step) => {
    series.setFloat(step, value)
  })
  return { type: 'vector' as const, series: [series] }
}

/** 1 at each step where no series has anything. */
async function absent(call: VectorCall) {
  const { steps } = call.context.grid
  const isSeen = new Uint8Array(steps)
  for (const one of vectorArgument(call, 0)) {
    await call.context.spend(steps)
    for (let step = 0; step < steps; step++) if (one.present[step] !== ABSENT) isSeen[step] = 1
  }
  const series = new StepSeries(absentLabels(call.expr.args[0]), steps)
  for (let step = 0; step < steps; step++) if (isSeen[step] === 0) series.setFloat(step, 1)
  return { type: 'vector' as const, series: series.isEmpty() ? [] : [series] }
}
