/** What a number counts in: units of one family can be turned into each other. */
export interface Unit {
  family: 'ratio' | 'time' | 'bytes' | 'count'
  /** In the family's base: ratio 1, seconds, bytes, one. */
  factor: number
  /** For people: `seconds`. */
  name: string
}

/** A number as it was written, with its unit. */
export interface Quantity {
  text: string
  number: number
  unit?: Unit
}

const unit = (family: Unit['family'], factor: number, name: string): Unit => ({ family, factor, name })
const SECONDS = unit('time', 1, 'seconds')
const MILLISECONDS = unit('time', 1e-3, 'milliseconds')
const MICROSECONDS = unit('time', 1e-6, 'microseconds')
const NANOSECONDS = unit('time', 1e-9, 'nanoseconds')
const MINUTES = unit('time', 60, 'minutes')
const HOURS = unit('time', 3600, 'hours')
const DAYS = unit('time', 86_400, 'days')
const BYTES = unit('bytes', 1, 'bytes')
/** A part of 1. */
export const RATIO = unit('ratio', 1, 'a ratio of 1')
/** A part of 100. */
export const PERCENT = unit('ratio', 0.01, 'percent')

/** Units by the names that people, OpenMetrics and UCUM (OTLP) have for them. */
const UNITS: Readonly<Record<string, Unit>> = Object.assign(
  Object.create(null),
  named(PERCENT, '%', 'percent', 'pct'),
  named(RATIO, 'ratio', 'ratios', 'fraction', '1'),
  named(NANOSECONDS, 'ns', 'nanosecond', 'nanoseconds'),
  named(MICROSECONDS, 'us', 'µs', 'microsecond', 'microseconds'),
  named(MILLISECONDS, 'ms', 'millisecond', 'milliseconds'),
  named(SECONDS, 's', 'sec', 'second', 'seconds'),
  named(MINUTES, 'min', 'minute', 'minutes'),
  named(HOURS, 'h', 'hour', 'hours'),
  named(DAYS, 'd', 'day', 'days'),
  named(BYTES, 'B', 'By', 'byte', 'bytes'),
  ...['k', 'M', 'G', 'T', 'P'].flatMap((prefix, i) => [
    { [`${prefix}B`]: unit('bytes', 1000 ** (i + 1), `${prefix}B`) },
    { [`${prefix.toUpperCase()}iB`]: unit('bytes', 1024 ** (i + 1), `${prefix.toUpperCase()}iB`) },
  ]),
  { KB: unit('bytes', 1000, 'kB') },
  { kiB: unit('bytes', 1024, 'KiB') },
  named(unit('bytes', 1e6, 'megabytes'), 'megabyte', 'megabytes'),
  named(unit('bytes', 1e9, 'gigabytes'), 'gigabyte', 'gigabytes'),
  { k: unit('count', 1e3, 'thousand'), M: unit('count', 1e6, 'million'), G: unit('count', 1e9, 'billion') },
)

function named(one: Unit, ...names: string[]): Record<string, Unit> {
  return Object.fromEntries(names.map((name) => [name, one]))
}

/** The unit of this name; undefined if there is none. */
export function unitNamed(name: string): Unit | undefined {
  return UNITS[name]
}

const QUANTITY = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([a-zA-Zµ%]*)(?:\/s)?$/i

/** Reads `5`, `5%`, `500 ms`, `2GB`, `10MB/s`; undefined if it is none. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = QUANTITY.exec(text.trim())
  if (!match) return undefined
  const [, number, name] = match
  if (name === '') return { text: text.trim(), number: Number(number) }
  const found = UNITS[name]
  return found && { text: text.trim(), number: Number(number), unit: found }
}

/** A quantity as a number of the metric. */
export interface InMetric {
  number: number
  /** What was made of it, where that is not plain. */
  note?: string
}

/**
 * A quantity in the unit of the metric that it is compared with.
 * @param metric its unit, if that is known
 * @param subject what is compared, for notes
 * @throws Error if the two cannot be compared
 */
export function inMetric(quantity: Quantity, metric: Unit | undefined, subject: string): InMetric {
  const { text, number, unit: own } = quantity
  if (!own) return { number }
  if (own.family === 'count') return { number: exact(number * own.factor) }
  if (metric && metric.family !== own.family) {
    throw new Error(
      `${text} cannot be compared with ${subject}, which is in ${metric.name}: write the number in ${metric.name}`,
    )
  }
  if (metric) {
    const turned = exact((number * own.factor) / metric.factor)
    return {
      number: turned,
      note: turned === number ? undefined : `${text} is ${turned}, for ${subject} is in ${metric.name}`,
    }
  }
  if (own.family === 'bytes') {
    const turned = exact(number * own.factor)
    return { number: turned, note: `${text} is taken as ${turned} bytes` }
  }
  const example = own.family === 'ratio' ? 'ratio' : 'seconds'
  return {
    number,
    note: `${text} is taken as the number ${number}, for nothing says what ${subject} is in: set metric_unit (such as ${example}) or write the number itself`,
  }
}

/** Without the dust that binary fractions leave: 7 % is 0.07. */
function exact(value: number): number {
  return Number(value.toPrecision(12))
}

const SPAN_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
}

/** A span of time as people write it: `5m`, `5 minutes`, `1h 30m`. @returns ms; undefined if it is none */
export function parseSpan(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === '0') return 0
  if (!/^(\d+\s*[a-z]+\s*)+$/.test(trimmed)) return undefined
  let total = 0
  for (const [, count, name] of trimmed.matchAll(/(\d+)\s*([a-z]+)/g)) {
    if (!Object.hasOwn(SPAN_UNITS, name)) return undefined
    total += Number(count) * SPAN_UNITS[name]
  }
  return total
}
