/** From `begin` to `end`, both included. */
export interface WholeRange {
  begin: number
  end: number
}

/** Minutes of a day, from `start` until before `end`. */
export interface MinuteRange {
  start: number
  end: number
}

/** A recurring stretch of time: a moment lies in it if it satisfies each field that is given. */
export interface TimeInterval {
  times?: readonly MinuteRange[]
  /** 0 is Sunday. */
  weekdays?: readonly WholeRange[]
  /** Negative days count from the end of the month: -1 is its last. */
  daysOfMonth?: readonly WholeRange[]
  /** 1 is January. */
  months?: readonly WholeRange[]
  years?: readonly WholeRange[]
  /** IANA name of the time zone whose clocks and calendar count. */
  timeZone: string
}

/** What clocks and calendars of a time zone show. */
interface LocalTime {
  minute: number
  weekday: number
  day: number
  month: number
  year: number
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Making one takes as long as using it a thousand times. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** True if the moment, ms since epoch, lies in the interval. */
export function containsTime(interval: TimeInterval, timeMs: number): boolean {
  const { minute, weekday, day, month, year } = localTime(timeMs, interval.timeZone)
  const holds = (ranges: readonly WholeRange[] | undefined, value: number) =>
    ranges === undefined || ranges.some(({ begin, end }) => value >= begin && value <= end)
  return (
    (interval.times === undefined || interval.times.some(({ start, end }) => minute >= start && minute < end)) &&
    (interval.daysOfMonth === undefined || interval.daysOfMonth.some((days) => holdsDay(days, day, month, year))) &&
    holds(interval.months, month) &&
    holds(interval.weekdays, weekday) &&
    holds(interval.years, year)
  )
}

/** True if there is a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

function holdsDay({ begin, end }: WholeRange, day: number, month: number, year: number): boolean {
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const fromStart = (value: number) => (value < 0 ? days + value + 1 : value)
  if (fromStart(begin) > days) return false
  return day >= fromStart(begin) && day <= Math.min(fromStart(end), days)
}

function localTime(timeMs: number, timeZone: string): LocalTime {
  const parts = formatOf(timeZone).formatToParts(timeMs)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? ''
  return {
    minute: Number(part('hour')) * 60 + Number(part('minute')),
    weekday: WEEKDAYS.indexOf(part('weekday')),
    day: Number(part('day')),
    month: Number(part('month')),
    year: Number(part('year')),
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    formats.set(timeZone, format)
  }
  return format
}
