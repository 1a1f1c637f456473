import type { CodePoints } from './code-points.js'

/** Code points that no set of an expression tells apart, numbered by where they begin. */
export class CharacterClasses {
  /** First code point of each class, ascending. */
  readonly first: readonly number[]
  readonly #ascii: Uint16Array

  constructor(sets: readonly CodePoints[]) {
    const boundaries = new Set([0])
    for (const set of sets) {
      for (let i = 0; i < set.length; i += 2) boundaries.add(set[i]).add(set[i + 1] + 1)
    }
    this.first = [...boundaries].sort((a, b) => a - b)
    this.#ascii = Uint16Array.from({ length: 128 }, (_, codePoint) => this.#search(codePoint))
  }

  of(codePoint: number): number {
    return codePoint < 128 ? this.#ascii[codePoint] : this.#search(codePoint)
  }

  #search(codePoint: number): number {
    let low = 0
    let high = this.first.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.first[middle] <= codePoint) low = middle
      else high = middle
    }
    return low
  }
}
