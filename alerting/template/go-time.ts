import { type GoDuration, type GoTime, type GoValue, TemplateError } from './values.js'

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

const pad = (value: number, width = 2) => String(value).padStart(width, '0')

/** Parts of a layout of Go's time package, longest first, and what they become. */
const LAYOUT: readonly (readonly [string, (date: Date, time: GoTime) => string])[] = [
  ['January', (date) => MONTHS[date.getUTCMonth()]],
  ['Monday', (date) => WEEKDAYS[date.getUTCDay()]],
  ['Z07:00', () => 'Z'],
  ['-07:00', () => '+00:00'],
  ['-0700', () => '+0000'],
  ['2006', (date) => pad(date.getUTCFullYear(), 4)],
  ['Jan', (date) => MONTHS[date.getUTCMonth()].slice(0, 3)],
  ['Mon', (date) => WEEKDAYS[date.getUTCDay()].slice(0, 3)],
  ['MST', () => 'UTC'],
  ['01', (date) => pad(date.getUTCMonth() + 1)],
  ['02', (date) => pad(date.getUTCDate())],
  ['03', (date) => pad(twelve(date))],
  ['04', (date) => pad(date.getUTCMinutes())],
  ['05', (date) => pad(date.getUTCSeconds())],
  ['06', (date) => pad(date.getUTCFullYear() % 100)],
  ['15', (date) => pad(date.getUTCHours())],
  ['PM', (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['pm', (date) => (date.getUTCHours() < 12 ? 'am' : 'pm')],
  ['_2', (date) => String(date.getUTCDate()).padStart(2)],
  ['1', (date) => String(date.getUTCMonth() + 1)],
  ['2', (date) => String(date.getUTCDate())],
  ['3', (date) => String(twelve(date))],
  ['4', (date) => String(date.getUTCMinutes())],
  ['5', (date) => String(date.getUTCSeconds())],
]
const FRACTION = /^[.,](0+|9+)(?!\d)/

/** The time as Go prints one: `2026-01-02 03:04:05.5 +0000 UTC`. */
export function formatTime(time: GoTime): string {
  return formatLayout(time, '2006-01-02 15:04:05.999999999 -0700 MST')
}

/** The time by a layout of Go's time package (`2006-01-02 15:04`). */
function formatLayout(time: GoTime, layout: string): string {
  const date = new Date(time.ms)
  let text = ''
  for (let at = 0; at < layout.length; ) {
    const fraction = FRACTION.exec(layout.slice(at))
    if (fraction) text += fractionOf(time, fraction[0])
    const part = fraction ? undefined : LAYOUT.find(([name]) => layout.startsWith(name, at))
    if (part) text += part[1](date, time)
    if (!fraction && !part) text += layout[at]
    at += fraction?.[0].length ?? part?.[0].length ?? 1
  }
  return text
}

/** What a method of Go's time.Time gives. @throws TemplateError if there is none of this name here */
export function timeMethod(time: GoTime, name: string, args: readonly GoValue[]): GoValue {
  const date = new Date(time.ms)
  const whole = (value: number) => BigInt(Math.floor(value))
  const methods: Readonly<Record<string, () => GoValue>> = {
    Format: () => formatLayout(time, String(args[0] ?? '')),
    String: () => formatTime(time),
    UTC: () => time,
    Unix: () => whole(time.ms / 1000),
    UnixMilli: () => whole(time.ms),
    Year: () => BigInt(date.getUTCFullYear()),
    Month: () => MONTHS[date.getUTCMonth()],
    Day: () => BigInt(date.getUTCDate()),
    Weekday: () => WEEKDAYS[date.getUTCDay()],
    Hour: () => BigInt(date.getUTCHours()),
    Minute: () => BigInt(date.getUTCMinutes()),
    Second: () => BigInt(date.getUTCSeconds()),
  }
  if (!Object.hasOwn(methods, name)) {
    throw new TemplateError(`a time has no ${name} here: it has ${Object.keys(methods).join(', ')}`)
  }
  return methods[name]()
}

/** The duration as Go prints one: `1h2m0.5s`. */
export function formatDuration({ seconds }: GoDuration): string {
  const size = Math.abs(seconds)
  const sign = seconds < 0 ? '-' : ''
  if (size === 0) return '0s'
  const rounded = (value: number, digits: number) => String(Number(value.toFixed(digits)))
  if (size < 1e-6) return `${sign}${rounded(size * 1e9, 0)}ns`
  if (size < 1e-3) return `${sign}${rounded(size * 1e6, 3)}µs`
  if (size < 1) return `${sign}${rounded(size * 1e3, 6)}ms`
  const hours = Math.floor(size / 3600)
  const minutes = Math.floor(size / 60) % 60
  const rest = `${rounded(size % 60, 9)}s`
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${sign}${minutes}m${rest}` : sign + rest
}

/** What a method of Go's time.Duration gives. @throws TemplateError if there is none of this name here */
export function durationMethod(duration: GoDuration, name: string): GoValue {
  const { seconds } = duration
  const methods: Readonly<Record<string, () => GoValue>> = {
    String: () => formatDuration(duration),
    Hours: () => seconds / 3600,
    Minutes: () => seconds / 60,
    Seconds: () => seconds,
    Milliseconds: () => BigInt(Math.trunc(seconds * 1000)),
  }
  if (Object.hasOwn(methods, name)) return methods[name]()
  throw new TemplateError(`a duration has no ${name} here: it has ${Object.keys(methods).join(', ')}`)
}

function twelve(date: Date): number {
  return date.getUTCHours() % 12 || 12
}

/** `.000` shows so many digits, `.999` as many of them as there are. */
function fractionOf({ ms }: GoTime, layout: string): string {
  const milliseconds = ms - Math.floor(ms / 1000) * 1000
  const digits = pad(milliseconds, 3)
    .padEnd(9, '0')
    .slice(0, layout.length - 1)
  const shown = layout[1] === '9' ? digits.replace(/0+$/, '') : digits.padEnd(layout.length - 1, '0')
  return shown === '' ? '' : layout[0] + shown
}
