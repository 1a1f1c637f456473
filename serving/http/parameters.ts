import { parseDuration } from '../../schemas/config/duration.js'
import { TidemarkError } from '../../schemas/errors.js'

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[-+]\d\d:\d\d)$/
/** The times that JavaScript's dates can hold, ms. */
const MAX_TIME_MS = 8.64e15

/** A time as Unix seconds with a fraction, or RFC 3339. @returns ms @throws TM_QUERY_PARAMETER */
export function parseTime(name: string, text: string): number {
  const ms = NUMBER.test(text) ? Math.round(Number(text) * 1000) : RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  if (Math.abs(ms) <= MAX_TIME_MS) return ms
  throw wrong(
    name,
    text,
    'it is not a time',
    'give Unix seconds such as 1700000000.5, or RFC 3339 such as 2026-01-31T10:00:00Z',
  )
}

/** A duration such as `1m30s`, or seconds with a fraction. @returns ms, more than 0 @throws TM_QUERY_PARAMETER */
export function parseStep(name: string, text: string): number {
  const fix = 'give a duration such as 15s or 1m30s, or seconds such as 0.5'
  let ms: number
  try {
    ms = NUMBER.test(text) ? Math.round(Number(text) * 1000) : parseDuration(text)
  } catch (cause) {
    throw new TidemarkError(
      'TM_QUERY_PARAMETER',
      { name, value: quoted(text), reason: 'it is not a duration', fix },
      cause,
    )
  }
  if (ms > 0 && Number.isSafeInteger(ms)) return ms
  throw wrong(name, text, 'it must be 1 ms at least', fix)
}

/** A time, or a duration before now such as `2h`. @throws TM_QUERY_PARAMETER */
export function parseTimeOrAge(name: string, text: string, nowMs: number): number {
  try {
    return nowMs - parseDuration(text)
  } catch {
    return parseTime(name, text)
  }
}

/** @throws TM_QUERY_PARAMETER if the end is before the start */
export function checkOrder(startMs: number, endMs: number): void {
  if (endMs < startMs) {
    const value = new Date(endMs).toISOString()
    throw wrong('end', value, `it is before start, ${new Date(startMs).toISOString()}`, 'swap them')
  }
}

function wrong(name: string, text: string, reason: string, fix: string): TidemarkError {
  return new TidemarkError('TM_QUERY_PARAMETER', { name, value: quoted(text), reason, fix })
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
