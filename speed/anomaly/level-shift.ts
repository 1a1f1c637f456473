import { WindowMean } from './averages.js'
import { type Detector, detectorOf, scoreOf } from './detector.js'
import { SortedWindow } from './sorted-window.js'

/** Values of the two windows that are compared: the newest ones, and those before. */
const RECENT = 30
const BEFORE = 500
const WARM_UP = RECENT + 100
/** Robust standard deviations between the windows' medians that are worth an alarm. */
const LIMIT = 4
const MAD_TO_DEVIATION = 1.4826

/** A lasting change of level: the median of the last 30 values against that of the 500 before, so that no spike counts. */
export function levelShift(): Detector {
  return detectorOf((memory) => {
    const recent = new SortedWindow(memory, RECENT)
    const order = new WindowMean(memory, RECENT)
    const before = new SortedWindow(memory, BEFORE)
    return {
      warmUp: WARM_UP,
      judge(_timeMs, value) {
        recent.add(value)
        const gone = order.add(value)
        if (!Number.isNaN(gone)) before.add(gone)
        const center = before.quantile(0.5)
        const reach = LIMIT * MAD_TO_DEVIATION * before.medianDistance(center)
        const off = Math.abs(recent.quantile(0.5) - center)
        return { score: off > 0 ? scoreOf(off / reach) : 0, lower: center - reach, upper: center + reach }
      },
    }
  })
}
