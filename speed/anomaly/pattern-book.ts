import type { PatternSource, TrainedPatterns } from '../../schemas/ports/seasonal-patterns.js'
import type { SeasonalPattern } from '../../schemas/seasonal-pattern.js'

/** Versions of a series that are kept. */
const VERSIONS = 8

/**
 * The trained patterns of the series that are scored here. A version counts from the window on that it names, not from
 * when it was heard of, so that a restart judges by the same.
 */
export class PatternBook {
  readonly #source: PatternSource
  /** By series; oldest version first. */
  readonly #versions = new Map<bigint, TrainedPatterns[]>()
  /** All that was stored up to here is known of the series that are open. */
  #seq = 0

  constructor(source: PatternSource) {
    this.#source = source
  }

  /** Learns what there is of series that are new here; those that are open stay so. Throws TM_CATALOG_UNAVAILABLE. */
  async open(seriesIds: readonly bigint[]): Promise<void> {
    const unknown = seriesIds.filter((id) => !this.#versions.has(id))
    const { seq, trained } = await this.#readAfter(0, unknown)
    if (this.#versions.size === 0) this.#seq = seq
    // Open only now: a call that failed is made again.
    for (const id of unknown) this.#versions.set(id, [])
    for (const one of trained) this.#put(one)
  }

  /** Learns what was stored since of the series that are open. Throws TM_CATALOG_UNAVAILABLE. */
  async refresh(): Promise<void> {
    const { seq, trained } = await this.#readAfter(this.#seq, [...this.#versions.keys()])
    this.#seq = seq
    for (const one of trained) this.#put(one)
  }

  /** The patterns that a window of this start is judged by; none before the first version counts. */
  at(seriesId: bigint, startMs: number): readonly SeasonalPattern[] {
    const versions = this.#versions.get(seriesId) ?? []
    for (let i = versions.length - 1; i >= 0; i--) if (versions[i].fromMs <= startMs) return versions[i].patterns
    return []
  }

  /** Forgets a series. */
  close(seriesId: bigint): void {
    this.#versions.delete(seriesId)
  }

  async #readAfter(seq: number, seriesIds: readonly bigint[]): Promise<{ seq: number; trained: TrainedPatterns[] }> {
    const trained: TrainedPatterns[] = []
    for (;;) {
      const page = await this.#source.storedAfter(seq, seriesIds)
      if (page.trained.length === 0) return { seq, trained }
      trained.push(...page.trained)
      seq = page.seq
    }
  }

  #put(one: TrainedPatterns): void {
    const known = this.#versions.get(one.seriesId)
    // Closed while it was read.
    if (!known) return
    const others = known.filter(({ fromMs }) => fromMs !== one.fromMs)
    const versions = [...others, one].sort((a, b) => a.fromMs - b.fromMs).slice(-VERSIONS)
    this.#versions.set(one.seriesId, versions)
  }
}
