import { type Detector, detectorOf } from './detector.js'
import { within } from './robust-z.js'
import { Season } from './season.js'
import { Surprise } from './surprise.js'
import { type PatternsAt, untrained } from './trained-season.js'

const WARM_UP = 150
/** A distance that only one value in 10^3 has is worth an alarm. */
const ALARM_ORDERS = 3

/**
 * The distance from what is usual at this time. With a pattern (of STL, or several of MSTL) that is its seasonal part on
 * a level which follows the series; without one the hours of the day and of the week are learned here.
 */
export function seasonal(patternsAt: PatternsAt = untrained): Detector {
  return detectorOf((memory) => {
    const season = new Season(memory, patternsAt)
    const distance = new Surprise(memory)
    return {
      warmUp: WARM_UP,
      judge(timeMs, value) {
        const expected = season.expect(timeMs, value)
        const reach = distance.valueAt(ALARM_ORDERS)
        distance.add(Math.abs(value - expected))
        return within(value, expected, reach)
      },
    }
  })
}
