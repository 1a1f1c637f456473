/**
 * What a detector remembers: every number that it keeps lives in an array taken from here, so that its whole state can
 * be written down and put back, and cannot grow.
 */
export class DetectorMemory {
  readonly #arrays: Float64Array[] = []

  /** An array of zeros that belongs to this memory. To be taken while a detector is made, never later. */
  take(length: number): Float64Array {
    const array = new Float64Array(length)
    this.#arrays.push(array)
    return array
  }

  /** Numbers held; 8 bytes each. */
  get length(): number {
    return this.#arrays.reduce((sum, array) => sum + array.length, 0)
  }

  /** A copy of everything, in the order in which it was taken. */
  save(): Float64Array {
    const saved = new Float64Array(this.length)
    let at = 0
    for (const array of this.#arrays) {
      saved.set(array, at)
      at += array.length
    }
    return saved
  }

  /** Puts back what {@link save} of an equal detector gave. @throws RangeError if it is of another length */
  restore(saved: Float64Array): void {
    if (saved.length !== this.length) throw new RangeError(`a state of ${saved.length} numbers, not ${this.length}`)
    let at = 0
    for (const array of this.#arrays) {
      array.set(saved.subarray(at, at + array.length))
      at += array.length
    }
  }
}
