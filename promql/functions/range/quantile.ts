import { Sketch } from '../../../schemas/sketch/sketch.js'
import { quantile } from '../../aggregate/quantile.js'
import { INFO, WARNING } from '../../annotations.js'
import type { RowWindows } from '../../evaluate/range-series.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import type { RangeFunction } from './function.js'
import { holdsSeveral } from './weights.js'

/** The q-quantile of the points: of points exactly as Prometheus, of windows within the bound of their sketches. */
export const quantileOverTime: RangeFunction = {
  isCostly: true,
  of({ labels, floats }, { params: [q], annotations, span }) {
    const { value, windows } = floats
    let sorted = new Float64Array(16)
    return (view, out) => {
      const { from, to, step } = view
      if (to === from) return
      if (!(q[step] >= 0 && q[step] <= 1)) annotations.warn(WARNING.invalidQuantile(q[step]), span)
      if (view.histogramTo > view.histogramFrom) {
        annotations.inform(INFO.histogramIgnoredInRange(labelValue(labels, METRIC_NAME)), span)
      }
      if (windows && holdsSeveral(windows, from, to)) {
        out.setFloat(step, sketchQuantile(q[step], windows, from, to))
        return
      }
      if (sorted.length < to - from) sorted = new Float64Array(2 * (to - from))
      const values = sorted.subarray(0, to - from)
      values.set(value.subarray(from, to))
      out.setFloat(step, quantile(q[step], values))
    }
  },
}

/**
 * Between the values of the two ranks that q lies between, as Prometheus does it over points: each of them is known
 * within the bound of the sketch, so the result is too. Never below the smallest or above the largest value.
 */
function sketchQuantile(q: number, windows: RowWindows, from: number, to: number): number {
  if (Number.isNaN(q)) return Number.NaN
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY
  const merged = new Sketch()
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let row = from; row < to; row++) {
    if (windows.count[row] === 0) continue
    const sketch = windows.sketch?.[row]
    if (sketch) merged.merge(sketch)
    else merged.add(windows.min[row], windows.count[row])
    min = Math.min(min, windows.min[row])
    max = Math.max(max, windows.max[row])
  }
  const total = merged.count()
  const rank = Math.max(0, q * (total - 1))
  const valueAt = (index: number) => Math.min(Math.max(merged.quantile((index + 0.5) / total), min), max)
  const below = Math.floor(rank)
  const lower = valueAt(below)
  return rank === below ? lower : lower + (valueAt(below + 1) - lower) * (rank - below)
}
