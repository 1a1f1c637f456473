import { seededRandom } from '../random.js'

/** Everything that a simulated run leaves to chance: the same seed gives the same run. */
export class Random {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = seededRandom(seed)
  }

  /** A number in [0, 1). */
  next(): number {
    return this.#next()
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1))
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)]
  }

  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): T[] {
    const mixed = [...things]
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.whole(0, i)
      ;[mixed[i], mixed[j]] = [mixed[j], mixed[i]]
    }
    return mixed
  }

  /** A generator of its own, so that what one part draws does not shift the numbers of another. */
  fork(): Random {
    return new Random(Math.floor(this.#next() * 2 ** 32))
  }
}
