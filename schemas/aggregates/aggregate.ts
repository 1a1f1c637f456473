import type { WindowColumns } from '../windows/columns.js'

/**
 * One aggregate of a window, defined once in both tongues: over columns in TypeScript, and as SQL (DuckDB).
 *
 * It is a monoid over points in time order (at equal times the larger value last): an empty row is zero, `merge` is
 * associative, and folding points one by one equals folding any split of them and merging, equals the SQL.
 * For event series `add` must not depend on the order of the points.
 */
export interface Aggregate {
  /**
   * Folds one point into row `row`, which already holds all points before it.
   * @param stale true for a staleness marker (then `value` is NaN)
   * @param weight 1 / sample rate
   */
  add(into: WindowColumns, row: number, timeMs: number, value: number, weight: number, stale: boolean): void

  /** Merges row `from` of `later` into row `row`: a window of the same series whose points are all later. */
  merge(into: WindowColumns, row: number, later: WindowColumns, from: number): void

  /** The same in SQL, told independently: expressions for a GROUP BY, by the columns that each makes. */
  sql: AggregateSql
}

/** SQL expressions by result column. */
export interface AggregateSql {
  /**
   * Over points, free of duplicates: `value DOUBLE`; `finite DOUBLE` (the value, NULL where it is not finite);
   * `weight DOUBLE` (0 where the value is not finite); `ts BIGINT` (ms); `stale BOOLEAN`; `ord BIGINT` (grows with time
   * and, at equal times, with the value); `prev DOUBLE` (`finite` of the point before in the same window, NULL for the
   * first).
   */
  fold: Record<string, string>
  /** Over windows of one series: the columns themselves, and `prev_last` (last of the window before, NULL for the first). */
  merge: Record<string, string>
  /** Over windows of different series at one start, whose points interleave: see `mergeAcross`. */
  across: Record<string, string>
}
