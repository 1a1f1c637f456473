import { FLOAT, StepSeries } from '../../evaluate/values.js'
import type { VectorCall, VectorFunction } from '../function.js'
import { vectorArgument } from './arguments.js'

/** A function that changes each float by itself. Histograms have no such value and are left out; the name goes. */
export function eachFloat(change: (value: number) => number): VectorFunction {
  return (call) => changeFloats(call, change)
}

/** As `eachFloat`, for changes that depend on the step too. Steps where `isKept` says no have nothing. */
export async function changeFloats(
  call: VectorCall,
  change: (value: number, step: number) => number,
  isKept: (step: number) => boolean = () => true,
): Promise<{ type: 'vector'; series: StepSeries[] }> {
  const { steps } = call.context.grid
  const series: StepSeries[] = []
  for (const one of vectorArgument(call, 0)) {
    await call.context.spend(steps)
    const changed = new StepSeries(one.labels, steps, true)
    let hasFloats = false
    for (let step = 0; step < steps; step++) {
      if (one.present[step] !== FLOAT || !isKept(step)) continue
      changed.setFloat(step, change(one.value[step], step))
      hasFloats = true
    }
    if (hasFloats) series.push(changed)
  }
  return { type: 'vector', series }
}
