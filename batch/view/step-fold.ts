import type { AggregatedWindows, WindowAggregation } from '../../schemas/ports/batch-view.js'

/** Folds values of series into the results of their groups, step by step. Sums are compensated (Neumaier). */
export class StepFold {
  readonly #op: WindowAggregation['op']
  readonly #value: Float64Array
  readonly #lost: Float64Array
  readonly #count: Float64Array

  /** @param op left out: each place has one value at most */
  constructor(op: WindowAggregation['op'], places: number) {
    this.#op = op
    this.#value = new Float64Array(places)
    this.#lost = new Float64Array(places)
    this.#count = new Float64Array(places)
  }

  /** Adds a finite value at a place: group * steps + step. */
  add(place: number, value: number): void {
    const isFirst = this.#count[place]++ === 0
    const held = this.#value[place]
    if (isFirst) this.#value[place] = value
    else if (this.#op === 'min') this.#value[place] = Math.min(held, value)
    else if (this.#op === 'max') this.#value[place] = Math.max(held, value)
    else {
      const total = held + value
      this.#lost[place] += Math.abs(held) >= Math.abs(value) ? held - total + value : value - total + held
      this.#value[place] = total
    }
  }

  finish(): Pick<AggregatedWindows, 'value' | 'present'> {
    const present = Uint8Array.from(this.#count, (count) => (count > 0 ? 1 : 0))
    return { present, value: this.#value.map((value, place) => this.#resultOf(value, place)) }
  }

  #resultOf(value: number, place: number): number {
    const count = this.#count[place]
    switch (this.#op) {
      case 'count':
        return count
      case 'group':
        return 1
      case 'avg':
        return count === 0 ? 0 : (value + this.#lost[place]) / count
      default:
        return value + this.#lost[place]
    }
  }
}
