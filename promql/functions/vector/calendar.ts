const DAY = 86_400
/** Days of 400 years of the Gregorian calendar, after which it repeats. */
const CYCLE_DAYS = 146_097
/** Days from 0000-03-01 to the epoch. */
const EPOCH_DAY = 719_468
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A day of the proleptic Gregorian calendar: month and day count from 1. */
export interface CivilDay {
  year: number
  month: number
  day: number
}

/** Whole days since the epoch. */
export function daysSinceEpoch(seconds: number): number {
  return Math.floor(seconds / DAY)
}

/** Seconds since midnight. */
export function secondOfDay(seconds: number): number {
  return seconds - daysSinceEpoch(seconds) * DAY
}

/**
 * The day a number of days after the epoch, for any year: years are counted from March, so that a leap day is the last
 * of its year (Howard Hinnant, chrono-compatible low-level date algorithms).
 */
export function civilDay(daysAfterEpoch: number): CivilDay {
  const shifted = daysAfterEpoch + EPOCH_DAY
  const cycle = Math.floor(shifted / CYCLE_DAYS)
  const dayOfCycle = shifted - cycle * CYCLE_DAYS
  const leapDays =
    Math.floor(dayOfCycle / 1460) - Math.floor(dayOfCycle / 36_524) + Math.floor(dayOfCycle / (CYCLE_DAYS - 1))
  const yearOfCycle = Math.floor((dayOfCycle - leapDays) / 365)
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return { year: cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day }
}

export function daysInMonth({ year, month }: CivilDay): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1]
}

/** From 1. */
export function dayOfYear(civil: CivilDay): number {
  let days = civil.day
  for (let month = 1; month < civil.month; month++) days += daysInMonth({ ...civil, month })
  return days
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}
