import { INFO } from '../../annotations.js'
import { executionError } from '../../errors.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import { formatG } from '../../print/number.js'
import type { RangeFunction } from './function.js'

/** A smoothed value that follows a trend (double exponential smoothing, Holt 1957). Factors are between 0 and 1. */
export const doubleExponentialSmoothing: RangeFunction = {
  of({ labels, floats: { value } }, { params: [smoothing, trend], annotations, span }) {
    return (view, out) => {
      const s = factor('smoothing', smoothing[view.step])
      const t = factor('trend', trend[view.step])
      if (view.to > view.from && view.histogramTo > view.histogramFrom) {
        annotations.inform(INFO.histogramIgnoredInRange(labelValue(labels, METRIC_NAME)), span)
      }
      if (view.to - view.from < 2) return
      let previous = 0
      let level = value[view.from]
      let rise = value[view.from + 1] - value[view.from]
      for (let i = view.from + 1; i < view.to; i++) {
        if (i > view.from + 1) rise = t * (level - previous) + (1 - t) * rise
        previous = level
        level = s * value[i] + (1 - s) * (level + rise)
      }
      out.setFloat(view.step, level)
    }
  },
}

function factor(name: string, value: number): number {
  if (value <= 0 || value >= 1) {
    throw executionError(
      `invalid ${name} factor. Expected: 0 < ${name[0]}f < 1, got: ${Number.isFinite(value) ? value.toFixed(6) : formatG(value)}`,
    )
  }
  return value
}
