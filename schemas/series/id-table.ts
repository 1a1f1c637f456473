import { widened } from '../widened.js'

/**
 * Maps 64-bit series ids, given as two unsigned 32-bit halves, to the indexes 0, 1, 2 … in order of insertion.
 * Open addressing over typed arrays: a Map on BigInt keys costs five times as much on the hot path.
 */
export class IdTable {
  #slots: Int32Array
  #lows: Uint32Array
  #highs: Uint32Array
  #size = 0

  constructor(expected = 1024) {
    const capacity = 1 << Math.max(4, Math.ceil(Math.log2(expected * 2)))
    this.#slots = new Int32Array(capacity).fill(-1)
    this.#lows = new Uint32Array(capacity / 2)
    this.#highs = new Uint32Array(capacity / 2)
  }

  /** How many ids are in the table. */
  get size(): number {
    return this.#size
  }

  /** Index of the id, or -1. */
  find(low: number, high: number): number {
    const mask = this.#slots.length - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]
      if (index === -1 || (this.#lows[index] === low && this.#highs[index] === high)) return index
    }
  }

  /**
   * Index of the id, which is added if it is new (then the index equals the size before the call).
   * @param guess an index that may be the id's, looked at first: ids that come in the same order again cost no search
   */
  add(low: number, high: number, guess = -1): number {
    if (guess >= 0 && guess < this.#size && this.#lows[guess] === low && this.#highs[guess] === high) return guess
    const known = this.find(low, high)
    if (known !== -1) return known
    if (this.#size === this.#lows.length) this.#grow()
    const index = this.#size++
    this.#lows[index] = low
    this.#highs[index] = high
    this.#place(index)
    return index
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#lows[index] & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = index
  }

  #grow(): void {
    const capacity = this.#slots.length * 2
    this.#lows = widened(this.#lows, capacity / 2)
    this.#highs = widened(this.#highs, capacity / 2)
    this.#slots = new Int32Array(capacity).fill(-1)
    for (let index = 0; index < this.#size; index++) this.#place(index)
  }
}
