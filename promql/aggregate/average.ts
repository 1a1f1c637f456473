import { FLOAT, HISTOGRAM, type StepSeries } from '../evaluate/values.js'
import { CompensatedSums } from './compensated.js'
import type { Fold } from './fold.js'
import type { GroupHistograms } from './histograms.js'

/**
 * Mean of floats or of native histograms, never of both at one step. Floats are summed up and divided at the end, which
 * is the most exact way; where the sum would overflow, the mean so far is carried on instead.
 */
export class AverageFold implements Fold {
  /** The sum, or the mean where `#isMean` says so. */
  readonly #sums: CompensatedSums
  readonly #count: Float64Array
  readonly #isMean: Uint8Array
  readonly #seen: Uint8Array
  readonly #histograms: GroupHistograms

  constructor(steps: number, histograms: GroupHistograms) {
    this.#sums = new CompensatedSums(steps)
    this.#count = new Float64Array(steps)
    this.#isMean = new Uint8Array(steps)
    this.#seen = new Uint8Array(steps)
    this.#histograms = histograms
  }

  add(series: StepSeries): void {
    const { present, value } = series
    for (let step = 0; step < present.length; step++) {
      this.#seen[step] |= present[step]
      if (present[step] === FLOAT) this.#addFloat(step, value[step])
    }
    this.#histograms.add(series)
  }

  #addFloat(step: number, value: number): void {
    const count = ++this.#count[step]
    if (count > 1 && !this.#isMean[step] && isInfinite(this.#sums.sum[step] + value)) {
      this.#isMean[step] = 1
      this.#sums.scale(step, 1 / (count - 1))
    }
    if (this.#isMean[step]) {
      this.#sums.scale(step, (count - 1) / count)
      this.#sums.add(step, value / count)
    } else {
      this.#sums.add(step, value)
    }
  }

  finish(result: StepSeries): void {
    for (let step = 0; step < this.#seen.length; step++) {
      if (this.#seen[step] === FLOAT) result.setFloat(step, this.#mean(step))
      else if (this.#seen[step] & HISTOGRAM) this.#histograms.write(result, step, (this.#seen[step] & FLOAT) !== 0)
    }
  }

  #mean(step: number): number {
    if (this.#isMean[step]) return this.#sums.total(step)
    const count = this.#count[step]
    return this.#sums.sum[step] / count + this.#sums.compensation[step] / count
  }
}

const isInfinite = (value: number) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
