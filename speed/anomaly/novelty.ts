import type { DetectorMemory } from './memory.js'
import { SortedWindow } from './sorted-window.js'

/** The share of the remembered values that must be about as large for a value to count as known. */
const NEIGHBOURS = 0.01
const FEWEST = 30

/**
 * How far a statistic lies from all that it was before: the distance to its k-th nearest neighbour among the values it had
 * earlier (k = 1 % of them). The newest values wait outside, so that something new does not at once excuse itself.
 */
export class Novelty {
  readonly #known: SortedWindow
  readonly #waiting: Float64Array
  /** Values that came in. */
  readonly #count: Float64Array

  /** @param delay how many values wait before they count as known */
  constructor(memory: DetectorMemory, capacity: number, delay: number) {
    this.#known = new SortedWindow(memory, capacity)
    this.#waiting = memory.take(delay)
    this.#count = memory.take(1)
  }

  /** The distance of a value, which is then learned; NaN while too few are known. */
  next(value: number): number {
    const slot = this.#count[0] % this.#waiting.length
    if (this.#count[0] >= this.#waiting.length) this.#known.add(this.#waiting[slot])
    this.#waiting[slot] = value
    this.#count[0]++
    if (this.#known.length < FEWEST) return Number.NaN
    return this.#known.distanceToNearest(value, Math.max(2, Math.round(NEIGHBOURS * this.#known.length)))
  }
}
