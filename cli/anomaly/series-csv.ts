/** Which columns of a CSV hold time and value. */
export interface SeriesColumns {
  timestamp: number
  value: number
}

/** One row of a series, or what is wrong with it. */
export type SeriesRow = { timeMs: number; value: number } | { reason: string }

/** The columns that a header names `timestamp` and `value`; undefined if the line is no such header. */
export function columnsOf(header: string): SeriesColumns | undefined {
  const names = fields(header).map((name) => name.toLowerCase())
  const columns = { timestamp: names.indexOf('timestamp'), value: names.indexOf('value') }
  return columns.timestamp >= 0 && columns.value >= 0 ? columns : undefined
}

/** Reads one line. An empty value, NaN or null is a missing one: NaN. */
export function readRow(line: string, columns: SeriesColumns): SeriesRow {
  const cells = fields(line)
  const time = cells[columns.timestamp]
  const value = cells[columns.value]
  if (time === undefined || value === undefined)
    return { reason: `${cells.length} columns, timestamp and value wanted` }
  const timeMs = parseTime(time)
  if (Number.isNaN(timeMs))
    return { reason: `"${time}" is no time: ISO 8601 or a number since the epoch is understood` }
  if (/^(|nan|null|na)$/i.test(value)) return { timeMs, value: Number.NaN }
  const number = Number(value)
  return Number.isFinite(number) ? { timeMs, value: number } : { reason: `"${value}" is no finite number` }
}

/**
 * A time as people write it: `2026-11-28 22:00:00` (UTC unless it names a zone), `2026-11-28`, or a number since the
 * epoch, whose size tells seconds, milli-, micro- and nanoseconds apart.
 * @returns ms since the epoch; NaN if it is none of these
 */
export function parseTime(text: string): number {
  if (/^-?\d+(\.\d+)?(e\+?\d+)?$/i.test(text)) {
    const number = Number(text)
    const size = Math.abs(number)
    if (size < 1e11) return number * 1000
    if (size < 1e14) return number
    return size < 1e17 ? number / 1000 : number / 1e6
  }
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text)
  if (!parts) return Number.NaN
  const [, day, clock = '00:00', zone = 'Z'] = parts
  return Date.parse(`${day}T${clock.replace(/(\.\d{3})\d+$/, '$1')}${zone.toUpperCase()}`)
}

function fields(line: string): string[] {
  return line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'))
}
