import type { NativeHistogram } from '../../schemas/histogram.js'
import { widened } from '../../schemas/widened.js'
import type { LabelSet } from '../labels.js'
import type { Grid } from './context.js'
import { NO_HISTOGRAMS, type RangeSeries } from './range-series.js'
import { FLOAT, HISTOGRAM, type StepSeries } from './values.js'

/** What one series has on a grid, as points, gathered from stretches of it: start times and windows end here. */
export class GatheredSeries {
  #timeMs = new Float64Array(0)
  #value = new Float64Array(0)
  #length = 0
  readonly #histogramMs: number[] = []
  readonly #histograms: NativeHistogram[] = []

  /**
   * @param most points there can be: steps of the whole grid
   * @param keepsHints whether histograms still tell of those before them. A range leaves points out or repeats them, so
   * that what is known of neighbours holds no longer
   */
  constructor(
    private readonly labels: LabelSet,
    private readonly dropName: boolean,
    private readonly most: number,
    private readonly keepsHints: boolean,
  ) {}

  /** Adds the next stretch; @returns how many points it had. */
  add({ present, value, histogram }: StepSeries, { startMs, stepMs }: Grid): number {
    let floats = 0
    let histograms = 0
    for (let step = 0; step < present.length; step++) if (present[step] === FLOAT) floats++
    this.#reserve(this.#length + floats)
    for (let step = 0; step < present.length; step++) {
      const timeMs = startMs + step * stepMs
      if (present[step] === FLOAT) {
        this.#timeMs[this.#length] = timeMs
        this.#value[this.#length++] = value[step]
      } else if (present[step] === HISTOGRAM) {
        const one = (histogram as NativeHistogram[])[step]
        this.#histogramMs.push(timeMs)
        this.#histograms.push(this.keepsHints ? one : withoutResetHint(one))
        histograms++
      }
    }
    return floats + histograms
  }

  /** All points that were added. */
  rows(): RangeSeries {
    const length = this.#length
    return {
      labels: this.labels,
      dropName: this.dropName,
      floats: { timeMs: this.#timeMs.subarray(0, length), value: this.#value.subarray(0, length) },
      histograms:
        this.#histograms.length === 0
          ? NO_HISTOGRAMS
          : { timeMs: new Float64Array(this.#histogramMs), histogram: this.#histograms, areOccurrences: false },
    }
  }

  #reserve(length: number): void {
    if (length <= this.#timeMs.length) return
    const capacity = Math.min(this.most, Math.max(length, 2 * this.#timeMs.length))
    this.#timeMs = widened(this.#timeMs, capacity)
    this.#value = widened(this.#value, capacity)
  }
}

function withoutResetHint(histogram: NativeHistogram): NativeHistogram {
  const { counterReset } = histogram
  return counterReset === 'reset' || counterReset === 'notReset' ? { ...histogram, counterReset: 'unknown' } : histogram
}
