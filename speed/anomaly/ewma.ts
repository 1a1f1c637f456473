import { type Detector, detectorOf } from './detector.js'
import { within } from './robust-z.js'

const WARM_UP = 30
/** Holt's weights of a new value for the level and for the trend, and that of a new distance for the deviation. */
const LEVEL = 0.2
const TREND = 0.05
const DEVIATION = 0.02
/** Standard deviations that are worth an alarm. */
const LIMIT = 4
/** The mean distance of a normal distribution times this is its standard deviation. */
const MEAN_TO_DEVIATION = 1.2533

/**
 * Exponential average with a trend (Holt's double smoothing), and the distance from it in units of the usual distance.
 * A value beyond the bounds is learned as if it lay on them, so that an outlier does not drag the level away.
 */
export function ewma(): Detector {
  return detectorOf((memory) => {
    /** Level, trend a value, mean distance, values learned. */
    const state = memory.take(4)
    return {
      warmUp: WARM_UP,
      judge(_timeMs, value) {
        const [level, trend, distance, count] = state
        const expected = count === 0 ? value : level + trend
        const reach = LIMIT * MEAN_TO_DEVIATION * distance
        const off = value - expected
        // While little is known, and on a constant series, the bounds mean nothing.
        const learned = count < WARM_UP || reach === 0 ? off : Math.max(-reach, Math.min(reach, off))
        state[0] = expected + LEVEL * learned
        state[1] = trend + TREND * LEVEL * learned
        state[2] = distance + Math.max(DEVIATION, 1 / (count + 1)) * (Math.abs(learned) - distance)
        state[3] = count + 1
        return within(value, expected, reach)
      },
    }
  })
}
