import { INFO } from '../../annotations.js'
import { labelValue, METRIC_NAME } from '../../labels.js'
import type { RangeFunction } from './function.js'

/** Smallest and largest value; NaN only where there is nothing else. */
export const minOverTime = extreme('min', (value, least) => value < least, 'value')
export const maxOverTime = extreme('max', (value, most) => value > most, 'value')

/** When the smallest and the largest value was seen last, in seconds; of a window it is known when it ended. */
export const tsOfMinOverTime = extreme('min', (value, least) => value <= least, 'time')
export const tsOfMaxOverTime = extreme('max', (value, most) => value >= most, 'time')

function extreme(
  column: 'min' | 'max',
  exceeds: (value: number, extreme: number) => boolean,
  result: 'value' | 'time',
): RangeFunction {
  return {
    of({ labels, floats: { timeMs, value, windows } }, { annotations, span }) {
      const extremes = windows ? extremesOf(windows[column], windows.count, value) : value
      return (view, out) => {
        if (view.to === view.from) return
        if (view.histogramTo > view.histogramFrom) {
          annotations.inform(INFO.histogramIgnoredInRange(labelValue(labels, METRIC_NAME)), span)
        }
        let at = view.from
        for (let i = at + 1; i < view.to; i++) {
          if (exceeds(extremes[i], extremes[at]) || Number.isNaN(extremes[at])) at = i
        }
        out.setFloat(view.step, result === 'value' ? extremes[at] : timeMs[at] / 1000)
      }
    },
  }
}

/** Windows of no finite value have none: their last value stands for them. */
function extremesOf(finite: Float64Array, count: Float64Array, value: Float64Array): Float64Array {
  if (!count.includes(0)) return finite
  return finite.map((one, row) => (count[row] === 0 ? value[row] : one))
}
