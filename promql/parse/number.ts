import { parseDuration } from '../../schemas/config/duration.js'

const DIGITS = '[0-9]+(?:_[0-9]+)*'

/** A number as Go writes it: 12, 1_000, .5, 1., 1e-3, 0x1F, 0755. */
export const NUMBER = new RegExp(
  `^(?:0[xX](?:_?[0-9a-fA-F]+)+|(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?)$`,
)

/** A duration: units y w d h m s ms, biggest first. */
export const DURATION = /^(?=\d)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/

/** Longest duration of Prometheus in seconds: 2^63 - 1 ns. */
export const MAX_DURATION_SECONDS = 2 ** 63 / 1e9

/**
 * The value of a NUMBER, `Inf` or `NaN` (in any case). Digits after a leading 0 are octal where they can be.
 * @throws Error if it is beyond what a float64 holds
 */
export function readNumber(text: string): number {
  const digits = text.replaceAll('_', '').toLowerCase()
  if (digits === 'inf') return Number.POSITIVE_INFINITY
  if (digits === 'nan') return Number.NaN
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8)
  const value = Number(digits)
  if (!Number.isFinite(value) || (digits.startsWith('0x') && value >= 2 ** 63)) {
    throw new Error(`error parsing number: ${text} is out of range`)
  }
  return value
}

/** Seconds of a DURATION. @throws Error if it is longer than 292 years */
export function readDuration(text: string): number {
  const seconds = parseDuration(text) / 1000
  if (seconds > MAX_DURATION_SECONDS) throw new Error('duration out of range')
  return seconds
}

/** Whole ms of seconds, cut after rounding to ns, as Prometheus keeps durations. */
export function wholeMs(seconds: number): number {
  const ms = Math.trunc(Math.round(seconds * 1e9) / 1e6)
  return ms === 0 ? 0 : ms
}
