import type { DetectorMemory } from './memory.js'

/** Values after which a surprise has faded to 1/e. */
const FADES_AFTER = 300
const FADING = Math.exp(-1 / FADES_AFTER)

/** Makes one event one alarm: what is no more surprising than what came shortly before is a part of the same event. */
export class Refractory {
  readonly #level: Float64Array

  constructor(memory: DetectorMemory) {
    this.#level = memory.take(1)
  }

  /** True if this surprise stands out from those before it, which fade. */
  isNew(surprise: number): boolean {
    this.#level[0] *= FADING
    if (!(surprise > this.#level[0])) return false
    this.#level[0] = surprise
    return true
  }
}
