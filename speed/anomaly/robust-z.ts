import { type Detector, detectorOf, scoreOf } from './detector.js'
import { SortedWindow } from './sorted-window.js'

const WINDOW = 500
const WARM_UP = 50
/** Robust standard deviations that are worth an alarm. */
const LIMIT = 4
/** The MAD of a normal distribution times this is its standard deviation. */
const MAD_TO_DEVIATION = 1.4826

/** Robust z-score: the distance to the median of the last 500 values, in units of their median absolute deviation. */
export function robustZ(): Detector {
  return detectorOf((memory) => {
    const window = new SortedWindow(memory, WINDOW)
    return {
      warmUp: WARM_UP,
      judge(_timeMs, value) {
        const median = window.quantile(0.5)
        const reach = LIMIT * MAD_TO_DEVIATION * window.medianDistance(median)
        window.add(value)
        return within(value, median, reach)
      },
    }
  })
}

/** The verdict on a value that should lie within `reach` of `center`. */
export function within(value: number, center: number, reach: number): { score: number; lower: number; upper: number } {
  const off = Math.abs(value - center)
  return { score: off > 0 ? scoreOf(off / reach) : 0, lower: center - reach, upper: center + reach }
}
