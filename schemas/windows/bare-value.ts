import { Kind } from '../points.js'
import { WINDOW_MS } from '../time.js'
import type { WindowColumns } from './columns.js'
import { partValue } from './parts.js'

/**
 * What the bare name of a window's series means, for who follows a series window by window; NaN where that is no finite
 * number. Of a window of a longer tier what one of 10 s would say: occurrences are spread evenly over it.
 * @param lengthMs of the window
 */
export function bareValue(windows: WindowColumns, row: number, lengthMs = WINDOW_MS): number {
  const { kind } = windows.series[row]
  if (kind === Kind.Sample) return finite(windows.last[row])
  if (windows.count[row] === 0) return Number.NaN
  return finite(partValue('bare', windows, row)) * (kind === Kind.EventTimer ? 1 : WINDOW_MS / lengthMs)
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
