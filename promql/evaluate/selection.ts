import type { SelectHints } from '../../schemas/ports/series-source.js'
import type { Matcher } from '../../schemas/series/matcher.js'
import type { TimeRange } from '../../schemas/time.js'
import type { MatrixSelector, TimeModifiers, VectorSelector } from '../ast.js'
import type { Grid } from './context.js'
import type { Reach } from './range-view.js'

/** What is read of a source for a selector. The range is left-open. */
export interface Selection {
  matchers: readonly Matcher[]
  range: TimeRange
  hints: SelectHints
}

/** What stands around a selector. */
export interface Around {
  /** The function of its range. */
  func?: string
  /** The aggregation right around it. */
  grouping?: SelectHints['grouping']
}

/** What an instant selector reads. @param lookbackMs how long a point stays its series' value */
export function vectorSelection(
  selector: VectorSelector,
  grid: Grid,
  lookbackMs: number,
  { grouping }: Around = {},
): Selection {
  const afterMs = selector.extent === 'smoothed' ? lookbackMs : 0
  const hints: SelectHints = { lookbackMs, stepMs: selector.at ? 0 : grid.stepMs }
  if (grouping) hints.grouping = grouping
  if (selector.extent) hints.everyPoint = true
  return { matchers: selector.matchers, range: readRange(selector, grid, lookbackMs, afterMs), hints }
}

/** What a range selector reads. */
export function matrixSelection(
  { vector, rangeMs }: MatrixSelector,
  grid: Grid,
  lookbackMs: number,
  { func }: Around = {},
): Selection {
  const { beforeMs, afterMs } = reachOf(vector, lookbackMs)
  const hints: SelectHints = { rangeMs, stepMs: vector.at ? 0 : grid.stepMs }
  if (func) hints.func = func
  if (vector.extent) hints.everyPoint = true
  return { matchers: vector.matchers, range: readRange(vector, grid, rangeMs + beforeMs, afterMs), hints }
}

/** How far an extended selector looks beyond its range. */
export function reachOf({ extent }: VectorSelector, lookbackMs: number): Reach {
  return { beforeMs: extent ? lookbackMs : 0, afterMs: extent === 'smoothed' ? lookbackMs : 0 }
}

/** The time that a step reads at: what it reads ends there. */
export function readTime({ at, offsetMs }: TimeModifiers, grid: Grid, step: number): number {
  return (at && 'timeMs' in at ? at.timeMs : grid.startMs + step * grid.stepMs) - offsetMs
}

/** The times that all steps read at. */
export function readTimes(modifiers: TimeModifiers, grid: Grid): Float64Array {
  const times = new Float64Array(grid.steps)
  for (let step = 0; step < grid.steps; step++) times[step] = readTime(modifiers, grid, step)
  return times
}

function readRange(modifiers: TimeModifiers, grid: Grid, beforeMs: number, afterMs: number): TimeRange {
  return {
    startMs: readTime(modifiers, grid, 0) - beforeMs,
    endMs: readTime(modifiers, grid, Math.max(0, grid.steps - 1)) + afterMs,
  }
}
