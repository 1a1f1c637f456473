/** What a template may name. */
interface TemplateValues {
  labels: Readonly<Record<string, string>>
  value: number
}

/** A label or annotation whose values are filled in for each alert. */
export type Template = (values: TemplateValues) => string

type Term = (values: TemplateValues) => string | number

const ACTION = /\{\{-?([^}]*)-?\}\}/g
const LABEL = /^(?:\$labels|\.Labels)\.([a-zA-Z_][a-zA-Z0-9_]*)$/

/**
 * Reads a template: text with `{{ $labels.name }}`, `{{ $value }}` and `{{ $value | humanize }}` in it; functions
 * {@link FUNCTIONS}, named as in Prometheus.
 * @throws Error that names what is not known
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Term)[] = []
  let at = 0
  for (const match of text.matchAll(ACTION)) {
    parts.push(text.slice(at, match.index), parseAction(match[1].trim()))
    at = match.index + match[0].length
  }
  const rest = text.slice(at)
  if (rest.includes('{{')) throw new Error('"{{" is not closed')
  return (values) => parts.map((part) => (typeof part === 'string' ? part : part(values))).join('') + rest
}

function parseAction(text: string): Term {
  const [subject, ...pipeline] = text.split('|').map((one) => one.trim())
  const [first, ...argument] = subject.split(/\s+/)
  // `humanize $value` is `$value | humanize`.
  const names = argument.length === 1 ? [first, ...pipeline] : pipeline
  const source = parseSubject(argument.length === 1 ? argument[0] : subject)
  const functions = names.map(functionNamed)
  return (values) => functions.reduce<string | number>((value, apply) => apply(Number(value)), source(values))
}

function parseSubject(text: string): Term {
  if (text === '$value' || text === '.Value') return ({ value }) => value
  const label = LABEL.exec(text)?.[1]
  if (label) return ({ labels }) => labels[label] ?? ''
  throw new Error(`"${text}" is not known in templates: $labels.NAME and $value are`)
}

/** What a value may be piped through. */
const FUNCTIONS: Readonly<Record<string, (value: number) => string>> = {
  humanize,
  humanizeDuration,
  humanizePercentage: (value) => `${significant(value * 100)}%`,
}

function functionNamed(name: string): (value: number) => string {
  if (Object.hasOwn(FUNCTIONS, name)) return FUNCTIONS[name]
  throw new Error(`the template function "${name}" is not known: ${Object.keys(FUNCTIONS).join(', ')} are`)
}

/** Four digits and a metric prefix: 1234567 is `1.235M`. */
function humanize(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude === 0 || !Number.isFinite(value)) return significant(value)
  const up = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
  const down = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y']
  const power = Math.floor(Math.log10(magnitude) / 3)
  const prefixes = power >= 0 ? up : down
  const steps = Math.min(Math.abs(power), prefixes.length - 1)
  return significant(value / 1000 ** (power >= 0 ? steps : -steps)) + prefixes[steps]
}

/** Seconds for people: 90 is `1m 30s`, 0.25 is `250ms`. */
function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return significant(seconds)
  if (Math.abs(seconds) < 1) return seconds === 0 ? '0s' : `${humanize(seconds)}s`
  const sign = seconds < 0 ? '-' : ''
  let left = Math.floor(Math.abs(seconds))
  const parts: string[] = []
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    const count = Math.floor(left / size)
    if (count > 0 || parts.length > 0) parts.push(`${count}${unit}`)
    left -= count * size
  }
  // Below a minute, parts of a second count.
  if (parts.length === 0) return `${sign}${significant(Math.abs(seconds))}s`
  return `${sign}${parts.join(' ')} ${left}s`
}

function significant(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(Number(value.toPrecision(4)))
}
