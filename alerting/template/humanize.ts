import { formatFloat } from './go-float.js'
import { formatTime } from './go-time.js'
import { TemplateError } from './values.js'

const ABOVE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
const BELOW = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']

/** Times of Go's clocks end there, ns. */
const MAX_NANOSECONDS = 2 ** 63

const four = (value: number) => formatFloat(value, 'g', 4)

/** Four digits and a metric prefix: 1234567 is `1.235M`. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return four(value)
  return Math.abs(value) >= 1 ? scaled(value, 1000, ABOVE) : magnified(value)
}

/** Four digits and a binary prefix: 2048 is `2ki`. */
export function humanize1024(value: number): string {
  return Math.abs(value) <= 1 || !Number.isFinite(value) ? four(value) : scaled(value, 1024, BINARY)
}

/** A part of one as a percentage: 0.0512 is `5.12%`. */
export function humanizePercentage(value: number): string {
  return `${four(value * 100)}%`
}

/** Seconds for people: 90 is `1m 30s`, 0.25 is `250ms`. */
export function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return four(seconds)
  if (seconds === 0) return '0s'
  if (Math.abs(seconds) < 1) return `${magnified(seconds)}s`
  const sign = seconds < 0 ? '-' : ''
  const whole = Math.trunc(Math.abs(seconds))
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  // Below a minute, parts of a second count.
  if (first === 3) return `${sign}${four(Math.abs(seconds))}s`
  return (
    sign +
    parts
      .slice(first)
      .map((part) => part.join(''))
      .join(' ')
  )
}

/** Seconds since the epoch as a time in UTC. @throws TemplateError */
export function humanizeTimestamp(seconds: number): string {
  return Number.isFinite(seconds) ? formatTime({ kind: 'time', ms: timeOf(seconds) }) : four(seconds)
}

/** Seconds since the epoch as ms, whole ones as Prometheus keeps them. @throws TemplateError beyond Go's clocks */
export function timeOf(seconds: number): number {
  if (!(Math.abs(seconds * 1e9) < MAX_NANOSECONDS)) throw new TemplateError(`${seconds} is no time: it is too far away`)
  return Number(BigInt(Math.trunc(seconds * 1e9)) / 1_000_000n)
}

function scaled(value: number, step: number, prefixes: readonly string[]): string {
  let left = value
  let prefix = ''
  for (const next of prefixes) {
    if (Math.abs(left) < step) break
    prefix = next
    left /= step
  }
  return four(left) + prefix
}

function magnified(value: number): string {
  let grown = value
  let prefix = ''
  for (const next of BELOW) {
    if (Math.abs(grown) >= 1) break
    prefix = next
    grown *= 1000
  }
  return four(grown) + prefix
}
