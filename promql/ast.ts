import type { Matcher } from '../schemas/series/matcher.js'

/** What a query says, once parsed. Durations in ms, times in ms since the epoch. */
export type Expr = VectorSelector | MatrixSelector

/** The time that `@` fixes: an absolute one, or an end of the query's own range. */
export type AtModifier = { timeMs: number } | { preprocessor: 'start' | 'end' }

/** `metric{label="value"} offset 5m @ 1700000000`: one value a series, the newest within the lookback. */
export interface VectorSelector {
  type: 'vector'
  /** The metric name among them, as a matcher of `__name__`. */
  matchers: readonly Matcher[]
  /** How far back from the evaluation time; negative looks ahead. */
  offsetMs: number
  at?: AtModifier
}

/** `metric[5m]`: every point of a series in the left-open range before the evaluation time. */
export interface MatrixSelector {
  type: 'matrix'
  vector: VectorSelector
  rangeMs: number
}
