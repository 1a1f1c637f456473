import { INFO } from '../../annotations.js'
import { histogramFraction } from '../../histogram/index.js'
import type { VectorCall } from '../function.js'
import { scalarArgument, vectorArgument } from '../vector/arguments.js'
import { classicFraction } from './classic-fraction.js'
import { type Measure, measureHistograms } from './measure.js'

/** histogram_fraction(lower, upper, vector). */
export function fraction(call: VectorCall) {
  const { expr, context } = call
  const lower = scalarArgument(call, 0)
  const upper = scalarArgument(call, 1)
  const measure: Measure = {
    ofNative: (histogram, step, metric) => {
      const { value, hasNaNs } = histogramFraction(lower[step], upper[step], histogram)
      if (hasNaNs) context.annotations.inform(INFO.fractionNaNs(metric), expr.args[2].span)
      return value
    },
    ofClassic: (buckets, step) => classicFraction(lower[step], upper[step], buckets),
  }
  return measureHistograms(vectorArgument(call, 2), expr.args[2].span, [measure], context)
}
