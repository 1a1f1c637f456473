import { FLOAT, HISTOGRAM, type StepSeries } from '../evaluate/values.js'
import type { Fold } from './fold.js'

/** The smallest or the greatest float of a step; NaN only where nothing else stands. */
export class ExtremeFold implements Fold {
  readonly #which: 'min' | 'max'
  readonly #seen: Uint8Array
  readonly #value: Float64Array
  readonly #onIgnored: () => void

  /** @param onIgnored called for series with histograms, which have no place in an order */
  constructor(steps: number, which: 'min' | 'max', onIgnored: () => void) {
    this.#which = which
    this.#seen = new Uint8Array(steps)
    this.#value = new Float64Array(steps).fill(Number.NaN)
    this.#onIgnored = onIgnored
  }

  add({ present, value, histogram }: StepSeries): void {
    const best = this.#value
    const isMax = this.#which === 'max'
    for (let step = 0; step < present.length; step++) {
      if (present[step] !== FLOAT) continue
      this.#seen[step] = FLOAT
      const candidate = value[step]
      // NaN is smaller and greater than nothing: it gives way to any value and replaces none.
      if (Number.isNaN(best[step]) || (isMax ? candidate > best[step] : candidate < best[step])) best[step] = candidate
    }
    if (histogram && present.includes(HISTOGRAM)) this.#onIgnored()
  }

  finish(result: StepSeries): void {
    for (let step = 0; step < this.#seen.length; step++) {
      if (this.#seen[step] === FLOAT) result.setFloat(step, this.#value[step])
    }
  }
}
