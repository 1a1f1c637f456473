import type { DetectorMemory } from './memory.js'

/** An exponential average over about `span` values. */
export class MovingAverage {
  readonly #weight: number
  readonly #average: Float64Array

  constructor(memory: DetectorMemory, span: number) {
    this.#weight = 2 / (span + 1)
    this.#average = memory.take(1).fill(Number.NaN)
  }

  /** NaN before the first value. */
  get value(): number {
    return this.#average[0]
  }

  add(value: number): number {
    const before = this.#average[0]
    this.#average[0] = Number.isNaN(before) ? value : before + this.#weight * (value - before)
    return this.#average[0]
  }
}

/** The standard deviation over about `span` values, around an average of the same span. */
export class MovingDeviation {
  readonly #weight: number
  /** Average, variance. */
  readonly #moments: Float64Array

  constructor(memory: DetectorMemory, span: number) {
    this.#weight = 2 / (span + 1)
    this.#moments = memory.take(2)
    this.#moments[0] = Number.NaN
  }

  add(value: number): number {
    const moments = this.#moments
    if (Number.isNaN(moments[0])) moments[0] = value
    const off = value - moments[0]
    moments[0] += this.#weight * off
    moments[1] += this.#weight * (off * off - moments[1])
    return Math.sqrt(moments[1])
  }
}

/** The plain mean of the newest `span` values; the value that leaves is handed on. */
export class WindowMean {
  readonly #ring: Float64Array
  readonly #count: Float64Array

  constructor(memory: DetectorMemory, span: number) {
    this.#ring = memory.take(span)
    this.#count = memory.take(1)
  }

  /** @returns the value that left the window; NaN while it was not full */
  add(value: number): number {
    const slot = this.#count[0] % this.#ring.length
    const gone = this.#count[0] >= this.#ring.length ? this.#ring[slot] : Number.NaN
    this.#ring[slot] = value
    this.#count[0]++
    return gone
  }

  /** Summed anew, so that no rounding error builds up. */
  get mean(): number {
    const held = Math.min(this.#count[0], this.#ring.length)
    let sum = 0
    for (let i = 0; i < held; i++) sum += this.#ring[i]
    return sum / held
  }
}
