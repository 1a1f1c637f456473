import { sketchQuantile, sortedQuantile } from '../../../schemas/sketch/quantile.js'
import type { Sketch } from '../../../schemas/sketch/sketch.js'
import { quantile } from '../../aggregate/quantile.js'
import { INFO, WARNING } from '../../annotations.js'
import type { FloatRows, RowWindows } from '../../evaluate/range-series.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import type { RangeCall, RangeFunction, StepFunction } from './function.js'
import { LONG_SORT, pacedSort } from './paced-sort.js'
import { SlidingSketch } from './sliding-sketch.js'
import { holdsSeveral } from './weights.js'

/** Rows of one range above which it is waited for, and what merging one takes, in samples. */
const LONG_ROWS = 4096
const MERGE_WORK = 20

/** The q-quantile of the points: of points exactly as Prometheus, of windows within the bound of their sketches. */
export const quantileOverTime: RangeFunction = {
  isCostly: true,
  of({ labels, floats }, call) {
    const { params, annotations, span } = call
    const [q] = params
    const { windows } = floats
    const points = ofPoints(floats, q, call)
    const merged = windows && ofWindows(windows, q, call)
    return (view, out) => {
      const { from, to, step } = view
      if (to === from) return
      if (!(q[step] >= 0 && q[step] <= 1)) annotations.warn(WARNING.invalidQuantile(q[step]), span)
      if (view.histogramTo > view.histogramFrom) {
        annotations.inform(INFO.histogramIgnoredInRange(labelValue(labels, METRIC_NAME)), span)
      }
      return merged && holdsSeveral(windows, from, to) ? merged(view, out) : points(view, out)
    }
  },
}

function ofPoints({ value }: FloatRows, q: Float64Array, call: RangeCall): StepFunction {
  let sorted = new Float64Array(16)
  return ({ from, to, step }, out) => {
    if (sorted.length < to - from) sorted = new Float64Array(2 * (to - from))
    const values = sorted.subarray(0, to - from)
    values.set(value.subarray(from, to))
    if (to - from > LONG_SORT && q[step] >= 0 && q[step] <= 1) {
      return pacedSort(values, call.pace).then((all) => out.setFloat(step, sortedQuantile(q[step], all)))
    }
    return out.setFloat(step, quantile(q[step], values))
  }
}

function ofWindows(windows: RowWindows, q: Float64Array, call: RangeCall): StepFunction {
  const sliding = new SlidingSketch(windows)
  return ({ from, to, step }, out) => {
    const merging = sliding.over(from, to)
    const finish = (sketch: Sketch) => out.setFloat(step, mergedQuantile(q[step], sketch, windows, from, to))
    if (to - from > LONG_ROWS) return paced(merging, call).then(finish)
    let turn = merging.next()
    while (!turn.done) turn = merging.next()
    return finish(turn.value)
  }
}

async function paced(merging: Generator<number, Sketch>, call: RangeCall): Promise<Sketch> {
  let turn = merging.next()
  for (; !turn.done; turn = merging.next()) await call.pace(turn.value * MERGE_WORK)
  return turn.value
}

/** Of the rows from (inclusive) to (exclusive), whose sketches are merged. */
function mergedQuantile(q: number, merged: Sketch, { count, min, max }: RowWindows, from: number, to: number): number {
  if (Number.isNaN(q)) return Number.NaN
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let row = from; row < to; row++) {
    if (count[row] === 0) continue
    least = Math.min(least, min[row])
    most = Math.max(most, max[row])
  }
  return sketchQuantile(q, merged, least, most)
}
