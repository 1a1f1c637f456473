import { type Static, Type } from '@sinclair/typebox'
import { isTimeZone, type MinuteRange, type TimeInterval, type WholeRange } from '../time-interval.js'

const Texts = Type.Array(Type.String(), { minItems: 1 })

/** A time interval as configuration files and requests have it: every scalar a text. */
export const TimeIntervalSchema = Type.Object(
  {
    times: Type.Optional(
      Type.Array(Type.Object({ start_time: Type.String(), end_time: Type.String() }, { additionalProperties: false }), {
        minItems: 1,
      }),
    ),
    weekdays: Type.Optional(Texts),
    days_of_month: Type.Optional(Texts),
    months: Type.Optional(Texts),
    years: Type.Optional(Texts),
    location: Type.Optional(Type.String({ description: 'IANA time zone such as Europe/Berlin; UTC unless given' })),
  },
  { additionalProperties: false },
)
export type TimeIntervalText = Static<typeof TimeIntervalSchema>

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const CLOCK = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/

/** Reads an interval. @throws Error that says which part cannot be understood */
export function readTimeInterval(text: TimeIntervalText): TimeInterval {
  const timeZone = text.location ?? 'UTC'
  if (!isTimeZone(timeZone)) throw new Error(`"${timeZone}" is not a time zone: write one such as Europe/Berlin`)
  return {
    times: text.times?.map(minuteRange),
    weekdays: text.weekdays?.map((one) => rangeOf(one, weekday)),
    daysOfMonth: text.days_of_month?.map(dayRange),
    months: text.months?.map((one) => rangeOf(one, month)),
    years: text.years?.map((one) => rangeOf(one, whole)),
    timeZone,
  }
}

function minuteRange({ start_time, end_time }: { start_time: string; end_time: string }): MinuteRange {
  const range = { start: minuteOf(start_time), end: minuteOf(end_time) }
  if (range.start < range.end) return range
  throw new Error(`${start_time} is not before ${end_time}: split what passes midnight into two`)
}

function minuteOf(text: string): number {
  const match = CLOCK.exec(text)
  if (!match) throw new Error(`"${text}" is not a time of day: write HH:MM, up to 24:00`)
  return match[1] === undefined ? 1440 : Number(match[1]) * 60 + Number(match[2])
}

function rangeOf(text: string, member: (text: string) => number): WholeRange {
  const [first, last = first, ...more] = text.toLowerCase().split(':')
  if (more.length > 0) throw new Error(`"${text}" is not a range: write FROM:TO`)
  const range = { begin: member(first), end: member(last) }
  if (range.begin <= range.end) return range
  throw new Error(`"${text}": ${last} comes before ${first}`)
}

function dayRange(text: string): WholeRange {
  const [first, last = first, ...more] = text.split(':')
  const range = { begin: whole(first), end: whole(last) }
  const isDay = (day: number) => day !== 0 && Math.abs(day) <= 31
  if (more.length > 0 || !isDay(range.begin) || !isDay(range.end)) {
    throw new Error(`"${text}" is not a range of days: they are 1 to 31, or -1 to -31 from the end of the month`)
  }
  // The shortest month has 28 days; in a longer one the order may turn.
  const inShortest = (day: number) => (day < 0 ? 28 + day : day)
  const isTurned = range.begin < 0 && range.end > 0
  if (isTurned || inShortest(range.begin) > inShortest(range.end)) throw new Error(`"${text}" ends before it begins`)
  return range
}

function weekday(text: string): number {
  const index = WEEKDAYS.indexOf(text)
  if (index >= 0) return index
  throw new Error(`"${text}" is not a day of the week: write ${WEEKDAYS.join(', ')}`)
}

function month(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : MONTHS.indexOf(text) + 1
  if (number >= 1 && number <= 12) return number
  throw new Error(`"${text}" is not a month: write january or 1`)
}

function whole(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text)
  throw new Error(`"${text}" is not a whole number`)
}
