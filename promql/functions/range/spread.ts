import { bucketMiddle } from '../../../schemas/sketch/bucket.js'
import { sortedQuantile } from '../../../schemas/sketch/quantile.js'
import type { BucketRun } from '../../../schemas/sketch/sketch.js'
import { quantile } from '../../aggregate/quantile.js'
import { INFO } from '../../annotations.js'
import type { FloatRows, RowWindows } from '../../evaluate/range-series.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import type { RangeCall, RangeFunction } from './function.js'
import { LONG_SORT, pacedSort } from './paced-sort.js'

/** Variance and standard deviation of the points (of all of them, not of a sample). */
export const stdvarOverTime = ofFloats((rows) => (from, to) => varianceOf(rows, from, to))
export const stddevOverTime = ofFloats((rows) => (from, to) => Math.sqrt(varianceOf(rows, from, to)))

/** Median distance from the median; NaN if any point is. Of a window its last point is looked at. */
export const madOverTime = ofFloats(({ value }, call) => (from, to) => {
  const values = value.slice(from, to)
  if (to - from > LONG_SORT) return longMad(values, call)
  if (values.some(Number.isNaN)) return Number.NaN
  const median = quantile(0.5, values)
  return quantile(
    0.5,
    value.slice(from, to).map((one) => Math.abs(one - median)),
  )
})

async function longMad(values: Float64Array, { pace }: RangeCall): Promise<number> {
  const sorted = await pacedSort(values, pace)
  // NaN is sorted last.
  if (Number.isNaN(sorted[sorted.length - 1])) return Number.NaN
  const median = sortedQuantile(0.5, sorted)
  for (let i = 0; i < sorted.length; i++) sorted[i] = Math.abs(sorted[i] - median)
  return sortedQuantile(0.5, await pacedSort(sorted, pace))
}

type SpreadOf = (rows: FloatRows, call: RangeCall) => (from: number, to: number) => number | Promise<number>

function ofFloats(resultOf: SpreadOf): RangeFunction {
  return {
    isCostly: true,
    of({ labels, floats }, call) {
      const { annotations, span } = call
      const resultIn = resultOf(floats, call)
      return (view, out) => {
        if (view.to === view.from) return undefined
        if (view.histogramTo > view.histogramFrom) {
          annotations.inform(INFO.histogramIgnoredInRange(labelValue(labels, METRIC_NAME)), span)
        }
        const result = resultIn(view.from, view.to)
        if (typeof result === 'number') return out.setFloat(view.step, result)
        return result.then((value) => out.setFloat(view.step, value))
      }
    },
  }
}

function varianceOf({ value, windows }: FloatRows, from: number, to: number): number {
  const spread = new Variance()
  for (let row = from; row < to; row++) {
    const count = windows ? windows.count[row] : 0
    if (!windows || count === 0 || (count === 1 && windows.first[row] === value[row])) spread.add(value[row], 1)
    else addWindow(spread, windows, row)
  }
  return spread.variance()
}

/** Values of a sketch are known to their bucket: its middle stands for each of them. */
function addWindow(spread: Variance, { sketch: sketches, min, count }: RowWindows, row: number): void {
  const sketch = sketches?.[row]
  if (!sketch) {
    spread.add(min[row], count[row])
    return
  }
  const addRun = ({ offset, counts, length }: BucketRun, sign: 1 | -1) => {
    for (let i = 0; i < length; i++) {
      if (counts[i] > 0) spread.add(sign * bucketMiddle(offset + i, sketch.schema), counts[i])
    }
  }
  addRun(sketch.negative, -1)
  if (sketch.zeroCount > 0) spread.add(0, sketch.zeroCount)
  addRun(sketch.positive, 1)
}

/** Mean and squared distance from it, updated value by value (Welford), compensated (Neumaier). */
class Variance {
  #count = 0
  #mean = 0
  #meanLost = 0
  #squares = 0
  #squaresLost = 0

  add(value: number, weight: number): void {
    this.#count += weight
    const distance = value - (this.#mean + this.#meanLost)
    const step = (distance * weight) / this.#count
    const mean = this.#mean + step
    this.#meanLost = lostIn(this.#mean, step, mean, this.#meanLost)
    this.#mean = mean
    const square = distance * weight * (value - (mean + this.#meanLost))
    const squares = this.#squares + square
    this.#squaresLost = lostIn(this.#squares, square, squares, this.#squaresLost)
    this.#squares = squares
  }

  variance(): number {
    return (this.#squares + this.#squaresLost) / this.#count
  }
}

function lostIn(sum: number, add: number, total: number, lost: number): number {
  if (!Number.isFinite(total)) return 0
  return lost + (Math.abs(sum) >= Math.abs(add) ? sum - total + add : add - total + sum)
}
