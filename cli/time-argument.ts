import { parseDuration } from '../schemas/config/duration.js'
import { TidemarkError } from '../schemas/errors.js'

/**
 * A moment given on the command line: RFC 3339, Unix seconds, `now`, or a duration before now (`2h`).
 * @throws TM_RANGE
 */
export function parseTime(text: string, nowMs: number, range: { from: string; to: string }): number {
  if (text === 'now') return nowMs
  if (/^\d{9,}(\.\d+)?$/.test(text)) return Number(text) * 1000
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(moment)) return moment
  try {
    return nowMs - parseDuration(text)
  } catch (cause) {
    throw new TidemarkError('TM_RANGE', { ...range, reason: `"${text}" is not a time` }, cause)
  }
}
