import { StepSeries } from '../../evaluate/values.js'
import type { VectorFunction } from '../function.js'
import { civilDay, dayOfYear, daysInMonth, daysSinceEpoch, secondOfDay } from './calendar.js'
import { changeFloats } from './each-float.js'
import { stepSeconds } from './times.js'

/** Seconds that a 64-bit clock can tell; beyond them there is no date. */
const LAST_SECOND = 2 ** 63

/** Parts of a time in UTC: of the evaluation time where no argument says another. */
export const DATE_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  minute: datePart((seconds) => Math.floor(secondOfDay(seconds) / 60) % 60),
  hour: datePart((seconds) => Math.floor(secondOfDay(seconds) / 3600)),
  // The epoch was a Thursday, and Sunday is 0.
  day_of_week: datePart((seconds) => (((daysSinceEpoch(seconds) + 4) % 7) + 7) % 7),
  day_of_month: datePart((seconds) => civilDay(daysSinceEpoch(seconds)).day),
  day_of_year: datePart((seconds) => dayOfYear(civilDay(daysSinceEpoch(seconds)))),
  days_in_month: datePart((seconds) => daysInMonth(civilDay(daysSinceEpoch(seconds)))),
  month: datePart((seconds) => civilDay(daysSinceEpoch(seconds)).month),
  year: datePart((seconds) => civilDay(daysSinceEpoch(seconds)).year),
}

function datePart(part: (seconds: number) => number): VectorFunction {
  const partOf = (seconds: number) => (Math.abs(seconds) < LAST_SECOND ? part(Math.trunc(seconds)) : Number.NaN)
  return async (call) => {
    if (call.args.length > 0) return changeFloats(call, partOf)
    const { grid } = call.context
    await call.context.spend(grid.steps)
    const series = new StepSeries([], grid.steps)
    stepSeconds(grid).forEach((seconds, step) => {
      series.setFloat(step, partOf(seconds))
    })
    return { type: 'vector', series: [series] }
  }
}
