import type { SeasonalPattern } from '../../schemas/seasonal-pattern.js'
import { dailyAverage, weeklyAverage } from './calendar.js'
import { type Detector, detectorOf } from './detector.js'
import { within } from './robust-z.js'
import { Surprise } from './surprise.js'

const WARM_UP = 150
/** A distance that only one value in 10^3 has is worth an alarm. */
const ALARM_ORDERS = 3

/**
 * The distance from what is usual at this time. With a pattern (of STL, or several of MSTL) that is its seasonal part on
 * a level which follows the series; without one the hours of the day and of the week are learned here.
 */
export function seasonal(patterns: readonly SeasonalPattern[] = []): Detector {
  return detectorOf((memory) => {
    const byDay = dailyAverage(memory)
    const byWeek = weeklyAverage(memory)
    const level = memory.take(1).fill(Number.NaN)
    const distance = new Surprise(memory)
    const learned = (timeMs: number, value: number) => {
      const day = byDay.at(timeMs)
      const week = byWeek.at(timeMs)
      byDay.add(timeMs, value)
      byWeek.add(timeMs, value)
      if (Number.isNaN(day)) return value
      return Number.isNaN(week) ? day : day / 2 + week / 2
    }
    const trained = (timeMs: number, value: number) => {
      const season = patterns.reduce((sum, pattern) => sum + seasonAt(pattern, timeMs), 0)
      const before = Number.isNaN(level[0]) ? value - season : level[0]
      level[0] = before + LEVEL_WEIGHT * (value - season - before)
      return before + season
    }
    return {
      warmUp: WARM_UP,
      judge(timeMs, value) {
        const expected = patterns.length > 0 ? trained(timeMs, value) : learned(timeMs, value)
        const reach = distance.valueAt(ALARM_ORDERS)
        distance.add(Math.abs(value - expected))
        return within(value, expected, reach)
      },
    }
  })
}

/** How fast the level under a trained pattern follows. */
const LEVEL_WEIGHT = 0.02

/** The seasonal part at a time, interpolated between the beginnings of its phases. */
function seasonAt({ periodMs, phases }: SeasonalPattern, timeMs: number): number {
  const turn = timeMs / periodMs
  const at = (turn - Math.floor(turn)) * phases.length
  const phase = Math.min(phases.length - 1, Math.floor(at))
  const next = phases[(phase + 1) % phases.length]
  return phases[phase] + (at - phase) * (next - phases[phase])
}
