import type { Layout } from '../../schemas/ports/layouts.js'
import type { Series } from '../../schemas/series/series.js'
import { seriesPartition } from './partition.js'

/**
 * Which partition a point goes to, by its series and its time. A layout changes at the end of a block, so no window of
 * a series ever lies in two partitions.
 */
export class Routing {
  /** Points in (fromMs, untilMs] go by this layout, which holds now. */
  fromMs = Number.NEGATIVE_INFINITY
  untilMs = Number.POSITIVE_INFINITY
  current: Layout
  #layouts: readonly Layout[]

  /** @param layouts by `fromMs`, at least one */
  constructor(layouts: readonly Layout[], nowMs: number) {
    this.#layouts = layouts
    this.current = layouts[0]
    this.follow(layouts, nowMs)
  }

  /** Goes by these layouts from now on. @returns true if another one holds now than before */
  follow(layouts: readonly Layout[], nowMs: number): boolean {
    this.#layouts = layouts
    const at = Math.max(
      0,
      layouts.findLastIndex(({ fromMs }) => fromMs < nowMs),
    )
    this.fromMs = at === 0 ? Number.NEGATIVE_INFINITY : layouts[at].fromMs
    this.untilMs = layouts[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY
    const isOther = layouts[at].fromMs !== this.current.fromMs
    this.current = layouts[at]
    return isOther
  }

  /** The partition of a series' point of a time that the current layout does not hold for. */
  partitionAt({ metric, idLow }: Series, timeMs: number): number {
    const layout = this.#layouts.findLast(({ fromMs }) => fromMs < timeMs) ?? this.#layouts[0]
    return seriesPartition(metric, idLow, layout)
  }
}
