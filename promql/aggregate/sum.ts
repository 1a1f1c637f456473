import { FLOAT, HISTOGRAM, type StepSeries } from '../evaluate/values.js'
import { CompensatedSums } from './compensated.js'
import type { Fold } from './fold.js'
import type { GroupHistograms } from './histograms.js'

/** Sum of floats (compensated) or of native histograms, never of both at one step. */
export class SumFold implements Fold {
  readonly #sums: CompensatedSums
  /** The kinds that were seen at a step, as bits. */
  readonly #seen: Uint8Array
  readonly #histograms: GroupHistograms

  constructor(steps: number, histograms: GroupHistograms) {
    this.#sums = new CompensatedSums(steps)
    this.#seen = new Uint8Array(steps)
    this.#histograms = histograms
  }

  add(series: StepSeries): void {
    const { present, value } = series
    const seen = this.#seen
    const sums = this.#sums
    for (let step = 0; step < present.length; step++) {
      seen[step] |= present[step]
      if (present[step] === FLOAT) sums.add(step, value[step])
    }
    this.#histograms.add(series)
  }

  finish(result: StepSeries): void {
    for (let step = 0; step < this.#seen.length; step++) {
      if (this.#seen[step] === FLOAT) result.setFloat(step, this.#sums.total(step))
      else if (this.#seen[step] & HISTOGRAM) this.#histograms.write(result, step, (this.#seen[step] & FLOAT) !== 0)
    }
  }
}
