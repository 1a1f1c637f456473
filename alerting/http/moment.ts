import { parseDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'
import type { TimeRange } from '../../schemas/time.js'

/**
 * A range whose ends are RFC 3339, Unix seconds, or durations before now such as `2h`.
 * @throws TM_RANGE
 */
export function readRange({ from, to }: { from: string; to: string }, nowMs: number): TimeRange {
  const startMs = readMoment('from', from, { from, to }, nowMs)
  const endMs = readMoment('to', to, { from, to }, nowMs)
  if (startMs < endMs) return { startMs, endMs }
  throw new TidemarkError('TM_RANGE', { from, to, reason: 'from is not before to' })
}

function readMoment(name: string, text: string, range: { from: string; to: string }, nowMs: number): number {
  if (/^\d+(\.\d+)?$/.test(text) && text !== '0') return Math.round(Number(text) * 1000)
  if (/^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text)
  try {
    return nowMs - parseDuration(text)
  } catch (cause) {
    throw new TidemarkError('TM_RANGE', { ...range, reason: `${name} is neither a time nor a duration` }, cause)
  }
}
