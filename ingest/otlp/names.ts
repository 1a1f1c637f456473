/**
 * Names of OTLP metrics and attributes as Prometheus names, by the rules of Prometheus's OTLP translator and the
 * OpenTelemetry specification ("Prometheus and OpenMetrics Compatibility"): anything a Prometheus name cannot hold
 * becomes an underscore, the unit becomes a suffix in words, and a monotonic sum ends in `_total`.
 */
import { BadPointError, type MetricHeader } from './data-point.js'

/** UCUM units and the words Prometheus uses for them; other units are taken as they are. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
])

/** Units that stand behind the slash of a rate. */
const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/** The Prometheus name of a metric, without the suffixes of its parts. @throws BadPointError if nothing is left of it */
export function metricName({ name, unit, type, isMonotonic }: MetricHeader): string {
  let words = name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== '')
  const [main, per] = unitWords(unit)
  const mainSuffix = words.includes(main) ? '' : main
  const perSuffix = words.includes(per) ? '' : per
  if (mainSuffix !== '') words.push(perSuffix === '' ? mainSuffix : mainSuffix.replace(/_$/, ''))
  if (perSuffix !== '') words.push(perSuffix)
  if (type === 'sum' && isMonotonic) words = [...words.filter((word) => word !== 'total'), 'total']
  // Only gauges: too many senders give the unit 1 to counters of things.
  if (type === 'gauge' && unit === '1') words = [...words.filter((word) => word !== 'ratio'), 'ratio']
  const translated = words.join('_')
  if (!/[^_]/.test(translated))
    throw new BadPointError(`nothing is left of the metric name ${JSON.stringify(name)} as a Prometheus name`)
  return /^[0-9]/.test(translated) ? `_${translated}` : translated
}

/** The Prometheus label name of an attribute. @throws BadPointError if nothing is left of it */
export function labelName(key: string): string {
  if (key === '') throw new BadPointError('an attribute has an empty key')
  const translated = key.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
  if (translated !== key && !/[^_]/.test(translated)) {
    throw new BadPointError(`nothing is left of the attribute key ${JSON.stringify(key)} as a label name`)
  }
  if (/^[0-9]/.test(translated)) return `key_${translated}`
  return /^_(?!_)/.test(translated) ? `key${translated}` : translated
}

/** The suffixes of a unit: of what stands before a slash, and `per_...` of what stands behind it. */
function unitWords(unit: string): [main: string, per: string] {
  const slash = unit.indexOf('/')
  const mainUnit = (slash === -1 ? unit : unit.slice(0, slash)).trim()
  const perUnit = slash === -1 ? '' : unit.slice(slash + 1).trim()
  const main = isAnnotation(mainUnit) ? '' : word(UNITS.get(mainUnit) ?? mainUnit)
  const per = perUnit === '' || isAnnotation(perUnit) ? '' : word(PER_UNITS.get(perUnit) ?? perUnit).replace(/_$/, '')
  return [main, per === '' ? '' : `per_${per}`]
}

/** `{request}`: a remark for people, no unit. */
function isAnnotation(unit: string): boolean {
  return /[{}]/.test(unit)
}

function word(unit: string): string {
  return unit.replaceAll(/[^a-zA-Z0-9:]+/gu, '_').replace(/^_/, '')
}
