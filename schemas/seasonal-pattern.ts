/** What training found: how a series repeats. The sum of several describes one that has several periods. */
export interface SeasonalPattern {
  /** After which it repeats, ms. */
  periodMs: number
  /** The seasonal part at equal steps of the period, from a multiple of the period since the epoch on. */
  phases: readonly number[]
}
