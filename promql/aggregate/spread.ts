import { FLOAT, HISTOGRAM, type StepSeries } from '../evaluate/values.js'
import type { Fold } from './fold.js'

/** Variance of the floats of a step or its root (of the whole population; Welford's way). Infinities make it NaN. */
export class SpreadFold implements Fold {
  readonly #which: 'stddev' | 'stdvar'
  readonly #count: Float64Array
  readonly #mean: Float64Array
  /** Sum of the squared distances from the mean. */
  readonly #squares: Float64Array
  readonly #onIgnored: () => void

  /** @param onIgnored called for series with histograms, which have no distance */
  constructor(steps: number, which: 'stddev' | 'stdvar', onIgnored: () => void) {
    this.#which = which
    this.#count = new Float64Array(steps)
    this.#mean = new Float64Array(steps)
    this.#squares = new Float64Array(steps)
    this.#onIgnored = onIgnored
  }

  add({ present, value, histogram }: StepSeries): void {
    for (let step = 0; step < present.length; step++) {
      if (present[step] !== FLOAT) continue
      const delta = value[step] - this.#mean[step]
      this.#mean[step] += delta / ++this.#count[step]
      this.#squares[step] += delta * (value[step] - this.#mean[step])
    }
    if (histogram && present.includes(HISTOGRAM)) this.#onIgnored()
  }

  finish(result: StepSeries): void {
    for (let step = 0; step < this.#count.length; step++) {
      if (this.#count[step] === 0) continue
      const variance = this.#squares[step] / this.#count[step]
      result.setFloat(step, this.#which === 'stddev' ? Math.sqrt(variance) : variance)
    }
  }
}
