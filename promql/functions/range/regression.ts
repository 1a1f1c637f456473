import { INFO } from '../../annotations.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import type { RangeCall, RangeFunction, RangeView } from './function.js'

/** The line that fits points best (least squares): where it is at `originMs`, and its rise per second. */
interface Line {
  slope: number
  intercept: number
}

/** Rise per second. */
export const deriv: RangeFunction = fitted(
  () => (line) => line.slope,
  (view, timeMs) => timeMs[view.from],
)

/** Where the line will be so many seconds from the evaluation time on. */
export const predictLinear: RangeFunction = fitted(
  ({ params: [ahead] }) =>
    ({ slope, intercept }, step) =>
      slope * ahead[step] + intercept,
  (view) => view.atMs,
)

function fitted(
  resultOf: (call: RangeCall) => (line: Line, step: number) => number,
  originOf: (view: RangeView, timeMs: Float64Array) => number,
): RangeFunction {
  return {
    of({ labels, floats: { timeMs, value } }, call) {
      const result = resultOf(call)
      return (view, out) => {
        if (view.to > view.from && view.histogramTo > view.histogramFrom) {
          call.annotations.inform(INFO.histogramIgnoredInRange(labelValue(labels, METRIC_NAME)), call.span)
        }
        if (view.to - view.from < 2) return
        const line = fitLine(timeMs, value, view.from, view.to, originOf(view, timeMs))
        out.setFloat(view.step, result(line, view.step))
      }
    },
  }
}

/** Sums are compensated (Neumaier); a constant series has a slope of exactly 0. */
function fitLine(timeMs: Float64Array, value: Float64Array, from: number, to: number, originMs: number): Line {
  const sums = new Float64Array(4)
  const lost = new Float64Array(4)
  let isConstant = true
  for (let i = from; i < to; i++) {
    const x = (timeMs[i] - originMs) / 1000
    const y = value[i]
    if (y !== value[from]) isConstant = false
    add(sums, lost, 0, x)
    add(sums, lost, 1, y)
    add(sums, lost, 2, x * y)
    add(sums, lost, 3, x * x)
  }
  if (isConstant) {
    const constant = value[from]
    return Number.isFinite(constant) ? { slope: 0, intercept: constant } : { slope: Number.NaN, intercept: Number.NaN }
  }
  const n = to - from
  const [x, y, xy, xx] = sums.map((sum, i) => sum + lost[i])
  const slope = (xy - (x * y) / n) / (xx - (x * x) / n)
  return { slope, intercept: y / n - (slope * x) / n }
}

function add(sums: Float64Array, lost: Float64Array, at: number, value: number): void {
  const sum = sums[at]
  const total = sum + value
  if (!Number.isFinite(total)) lost[at] = 0
  else lost[at] += Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum
  sums[at] = total
}
