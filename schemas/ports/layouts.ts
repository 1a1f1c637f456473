/** How points are spread over the partitions of the log: those whose time is after `fromMs`, until the next layout begins. */
export interface Layout {
  /** End of a block, ms since the epoch. */
  fromMs: number
  partitions: number
  /** Metrics over their share: over how many partitions the series of each are spread. */
  splits: Readonly<Record<string, number>>
}

/** The layouts that every gateway goes by. */
export interface LayoutStore {
  /** Every layout, by `fromMs`. Throws TM_CATALOG_UNAVAILABLE. */
  read(): Promise<Layout[]>
  /**
   * Adds a layout after the newest one that the caller knows; of several who do so at once one succeeds.
   * @param knownFromMs of the newest layout known; undefined if there is none
   * @returns false if there is a newer one already
   */
  add(layout: Layout, knownFromMs: number | undefined): Promise<boolean>
}
