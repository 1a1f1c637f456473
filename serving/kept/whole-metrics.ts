import type { SelectHints } from '../../schemas/ports/series-source.js'
import { type TimeRange, WINDOW_MS } from '../../schemas/time.js'

/** Whether an answer is the rows of single windows, laid end to end: all times lie on their grid. */
export function followsFromWindows({ startMs, endMs }: TimeRange, hints: SelectHints): boolean {
  const { stepMs, lookbackMs = 0, rangeMs = 0, everyPoint } = hints
  return !everyPoint && [startMs, endMs, stepMs, lookbackMs, rangeMs].every((time) => time % WINDOW_MS === 0)
}

/** Whether only the newest point of each series is read: that at the only step of an instant selector. */
export function readsNewest({ startMs, endMs }: TimeRange, { lookbackMs }: SelectHints): boolean {
  return endMs - startMs === lookbackMs
}
