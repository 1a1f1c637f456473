import { MovingAverage, MovingDeviation, WindowMean } from './averages.js'
import { quarterHourlyAverage } from './calendar.js'
import type { DetectorMemory } from './memory.js'
import { Novelty } from './novelty.js'
import { SortedWindow } from './sorted-window.js'

/**
 * One way in which a value can be odd: a number that grows with the oddity, in whatever unit. It is only ever compared
 * with its own past. NaN: nothing can be said yet.
 * @param off how far the value is from what its hour of the day and week let expect
 */
type Evidence = (timeMs: number, value: number, off: number) => number

/** A kind of evidence, and its share in the verdict. */
interface EvidenceKind {
  weight: number
  make: (memory: DetectorMemory) => Evidence
}

/** What the combined detector looks at. Weights are round on purpose: the verdict hardly depends on them. */
export const EVIDENCE: readonly EvidenceKind[] = [
  { weight: 1, make: () => (_timeMs, _value, off) => off },
  { weight: 2, make: sustainedOff },
  { weight: 1, make: offSinceYesterday },
  { weight: 1, make: bulge },
  { weight: 1, make: levelShift },
  { weight: 0.5, make: newSpread },
  { weight: 0.5, make: newValue },
]

/**
 * What sees sudden changes where the time of day tells nothing, but little else: it has no share in the verdict, and can
 * raise an alarm by itself if it is beyond doubt.
 */
export const SUDDEN_EVIDENCE: readonly EvidenceKind[] = [
  { weight: 1, make: offForecast },
  { weight: 1, make: jump },
]

/** Off from what the last values let expect (Holt's level and trend). */
function offForecast(memory: DetectorMemory): Evidence {
  /** Level, trend, values seen. */
  const state = memory.take(3)
  return (_timeMs, value) => {
    const [level, trend, count] = state
    const expected = count === 0 ? value : level + trend
    const off = value - expected
    state[0] = expected + 0.3 * off
    state[1] = trend + 0.02 * off
    state[2] = count + 1
    return off
  }
}

/** The step from the value before: unlike a forecast it does not wander where the series does. */
function jump(memory: DetectorMemory): Evidence {
  const before = memory.take(1).fill(Number.NaN)
  return (_timeMs, value) => {
    const step = value - before[0]
    before[0] = value
    return step
  }
}

/** Off for some values in a row. */
function sustainedOff(memory: DetectorMemory): Evidence {
  return lag(memory, 3)
}

/** Off from the last days at this quarter of an hour, for some values in a row. */
function offSinceYesterday(memory: DetectorMemory): Evidence {
  const usual = quarterHourlyAverage(memory)
  const lagged = lag(memory, 6)
  return (timeMs, value) => {
    const expected = usual.at(timeMs)
    usual.add(timeMs, value)
    return lagged(timeMs, value, Number.isNaN(expected) ? 0 : value - expected)
  }
}

/** The newest values against the hours before. */
function bulge(memory: DetectorMemory): Evidence {
  const fast = new MovingAverage(memory, 10)
  const slow = new MovingAverage(memory, 200)
  return (_timeMs, value) => fast.add(value) - slow.add(value)
}

/** The level of the last 100 values against the thousand before, at a distance that it never had. */
function levelShift(memory: DetectorMemory): Evidence {
  const recent = new WindowMean(memory, 100)
  const before = new SortedWindow(memory, 1000)
  const novelty = new Novelty(memory, 2000, 50)
  return (_timeMs, value) => {
    const gone = recent.add(value)
    if (!Number.isNaN(gone)) before.add(gone)
    return before.length > 20 ? novelty.next(recent.mean - before.quantile(0.5)) : Number.NaN
  }
}

/** Noisier or quieter than ever: a spread that it never had. */
function newSpread(memory: DetectorMemory): Evidence {
  const spread = new MovingDeviation(memory, 10)
  const novelty = new Novelty(memory, 1000, 20)
  return (_timeMs, value) => novelty.next(spread.add(value))
}

/** A value far from every value that it had, also between them. */
function newValue(memory: DetectorMemory): Evidence {
  const novelty = new Novelty(memory, 1000, 20)
  return (_timeMs, value) => novelty.next(value)
}

/** Follows `off` with a lag of about `values`. */
function lag(memory: DetectorMemory, values: number): Evidence {
  const lagged = memory.take(1)
  return (_timeMs, _value, off) => {
    lagged[0] += (off - lagged[0]) / values
    return lagged[0]
  }
}
