import type { DetectorMemory } from './memory.js'

/** The newest values of a statistic, in the order of their size: quantiles and neighbours of the last `capacity` values. */
export class SortedWindow {
  readonly #ring: Float64Array
  readonly #sorted: Float64Array
  /** Values held, and where the next one goes in the ring. */
  readonly #at: Float64Array

  constructor(memory: DetectorMemory, capacity: number) {
    this.#ring = memory.take(capacity)
    this.#sorted = memory.take(capacity)
    this.#at = memory.take(2)
  }

  get length(): number {
    return this.#at[0]
  }

  /** Adds a value; the oldest goes if the window is full. */
  add(value: number): void {
    const sorted = this.#sorted
    const capacity = sorted.length
    let [length, next] = this.#at
    if (length === capacity) {
      const gone = this.#indexOf(this.#ring[next])
      sorted.copyWithin(gone, gone + 1, length)
      length--
      this.#at[0] = length
    }
    const place = this.#indexOf(value)
    sorted.copyWithin(place + 1, place, length)
    sorted[place] = value
    this.#ring[next] = value
    this.#at[0] = length + 1
    next++
    this.#at[1] = next === capacity ? 0 : next
  }

  /** The quantile q (0..1), interpolated; NaN if the window is empty. */
  quantile(q: number): number {
    const length = this.#at[0]
    if (length === 0) return Number.NaN
    const rank = q * (length - 1)
    const below = Math.floor(rank)
    const low = this.#sorted[below]
    return below + 1 < length ? low + (rank - below) * (this.#sorted[below + 1] - low) : low
  }

  /** The distance from `value` to its k-th nearest neighbour; to the farthest if there are fewer. 0 if empty. */
  distanceToNearest(value: number, k: number): number {
    const sorted = this.#sorted
    const length = this.#at[0]
    let above = this.#indexOf(value)
    let below = above - 1
    let distance = 0
    for (let i = Math.min(k, length); i > 0; i--) {
      const down = below >= 0 ? value - sorted[below] : Number.POSITIVE_INFINITY
      const up = above < length ? sorted[above] - value : Number.POSITIVE_INFINITY
      if (down < up) below--
      else above++
      distance = Math.min(down, up)
    }
    return distance
  }

  /** The median distance to `center` (from the median: the MAD). */
  medianDistance(center: number): number {
    const length = this.#at[0]
    if (length === 0) return Number.NaN
    return this.distanceToNearest(center, Math.ceil(length / 2))
  }

  /** Index of the first value that is not below `value`. */
  #indexOf(value: number): number {
    let from = 0
    let to = this.#at[0]
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#sorted[middle] < value) from = middle + 1
      else to = middle
    }
    return from
  }
}
