import type { DetectorName } from '../../schemas/config/anomaly.js'
import { combined } from './combined.js'
import type { Detector } from './detector.js'
import { ewma } from './ewma.js'
import { levelShift } from './level-shift.js'
import { robustZ } from './robust-z.js'
import { seasonal } from './seasonal.js'
import type { PatternsAt } from './trained-season.js'

/** Every detector by the name that users know it by, with what it is good for. */
export const DETECTORS: Readonly<Record<DetectorName, { make: (patternsAt?: PatternsAt) => Detector; about: string }>> =
  {
    combined: { make: combined, about: 'several kinds of evidence together; needs no tuning (the default)' },
    'robust-z': { make: robustZ, about: 'distance to the median of the last 500 values, in MADs' },
    ewma: { make: ewma, about: 'exponential average with trend: sudden changes' },
    seasonal: { make: seasonal, about: 'against the usual value of this hour of the day and week' },
    'level-shift': { make: levelShift, about: 'lasting changes of level; single spikes do not count' },
  }
