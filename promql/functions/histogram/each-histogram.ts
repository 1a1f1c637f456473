import type { NativeHistogram } from '../../../schemas/histogram.js'
import { HISTOGRAM, StepSeries } from '../../evaluate/values.js'
import { Pace } from '../../pace.js'
import type { VectorFunction } from '../function.js'
import { vectorArgument } from '../vector/arguments.js'

/** A function that makes a number of each native histogram. Floats are left out; the name goes. */
export function eachHistogram(measure: (histogram: NativeHistogram) => number): VectorFunction {
  return async (call) => {
    const { context } = call
    const { steps } = context.grid
    const pace = new Pace(context)
    const results: StepSeries[] = []
    for (const { labels, present, histogram } of vectorArgument(call, 0)) {
      if (histogram === undefined) continue
      if (pace.owes(steps)) await pace.settle()
      const result = new StepSeries(labels, steps, true)
      for (let step = 0; step < steps; step++) {
        const one = present[step] === HISTOGRAM ? histogram[step] : undefined
        if (one) result.setFloat(step, measure(one))
      }
      if (!result.isEmpty()) results.push(result)
    }
    await pace.settle()
    return { type: 'vector', series: results }
  }
}
