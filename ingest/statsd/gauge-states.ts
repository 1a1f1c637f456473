/** How far a gauge's points may run ahead of the clock so that each has a ms of its own. */
const MOST_AHEAD_MS = 1000

/**
 * The last value of each gauge, which a signed value changes, and the time of its last point. Bounded: when full, the
 * state that was not touched for longest (nearly: clock algorithm) makes room, and its gauge starts anew.
 */
export class GaugeStates {
  readonly #limit: number
  readonly #slots = new Map<string, number>()
  readonly #keys: string[] = []
  readonly #values: number[] = []
  readonly #times: number[] = []
  readonly #touched: boolean[] = []
  /** Counts the owners of each slot, so that a caller who kept a slot can tell that it is still his. */
  readonly #owners: number[] = []
  #hand = 0

  /** @param limit gauges whose state is kept */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#slots.size
  }

  /** The slot of a gauge. @param start gives the value of a gauge that has no state yet */
  slotOf(key: string, start: () => number): number {
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = this.#keys.length < this.#limit ? this.#keys.length : this.#evict()
    this.#slots.set(key, slot)
    this.#keys[slot] = key
    this.#values[slot] = start()
    this.#times[slot] = 0
    this.#touched[slot] = true
    this.#owners[slot] = (this.#owners[slot] ?? 0) + 1
    return slot
  }

  /** The number of the slot's present owner; see {@link slotOf}. */
  ownerOf(slot: number): number {
    return this.#owners[slot]
  }

  /** Sets or changes a gauge. @returns its new value */
  change(slot: number, value: number, relative: boolean): number {
    this.#touched[slot] = true
    this.#values[slot] = relative ? this.#values[slot] + value : value
    return this.#values[slot]
  }

  /**
   * The time for the gauge's next point: `nowMs`, or a little later if it has a point there already. Of two points at
   * the same time only the larger would stay, but of two gauge values the later one is right.
   */
  nextTime(slot: number, nowMs: number): number {
    const last = this.#times[slot]
    const time = last < nowMs || last - nowMs > 2 * MOST_AHEAD_MS ? nowMs : Math.min(last + 1, nowMs + MOST_AHEAD_MS)
    this.#times[slot] = time
    return time
  }

  #evict(): number {
    while (this.#touched[this.#hand]) {
      this.#touched[this.#hand] = false
      this.#hand = (this.#hand + 1) % this.#keys.length
    }
    const slot = this.#hand
    this.#hand = (this.#hand + 1) % this.#keys.length
    this.#slots.delete(this.#keys[slot])
    return slot
  }
}
