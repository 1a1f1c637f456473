import type { SeasonalPattern } from '../seasonal-pattern.js'

/** How a series repeats, as it was trained once. */
export interface TrainedPatterns {
  seriesId: bigint
  /** Windows from this start on are judged by it, until a later one takes over, ms. It lies ahead when it is stored. */
  fromMs: number
  patterns: readonly SeasonalPattern[]
}

/** Where trained patterns are read from. */
export interface PatternSource {
  /**
   * A page of what was stored after `seq` for some of these series, in the order in which it was stored. Throws
   * TM_CATALOG_UNAVAILABLE (retriable).
   * @returns `seq` to ask for the next page with; the page is empty if there is no more
   */
  storedAfter(seq: number, seriesIds: readonly bigint[]): Promise<{ seq: number; trained: TrainedPatterns[] }>
}
