import type { SelectHints } from '../../schemas/ports/series-source.js'
import type { Matcher } from '../../schemas/series/matcher.js'
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

/** The matcher of these metrics. @param names several of them without a character that means something in a regex */
export function nameMatcher(names: readonly string[]): Matcher {
  return { name: '__name__', op: names.length === 1 ? '=' : '=~', value: names.join('|') }
}
