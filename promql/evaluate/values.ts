import type { NativeHistogram } from '../../schemas/histogram.js'
import type { Label } from '../../schemas/series/series.js'
import { newColumns } from './column-pool.js'

/** What stands at a step of a series. */
export const ABSENT = 0
export const FLOAT = 1
export const HISTOGRAM = 2

/** One series of an instant vector at every step of a grid, as columns. */
export class StepSeries {
  /** Sorted by name. */
  labels: readonly Label[]
  /** The metric name (with `__type__` and `__unit__`) goes at the end of the evaluation: delayed name removal. */
  dropName: boolean
  /** ABSENT, FLOAT or HISTOGRAM at each step. */
  readonly present: Uint8Array
  readonly value: Float64Array
  /** Made when the first histogram is set. */
  histogram: (NativeHistogram | undefined)[] | undefined

  constructor(labels: readonly Label[], steps: number, dropName = false, columns?: StepSeries) {
    const { present, value } = columns ?? newColumns(steps)
    this.labels = labels
    this.dropName = dropName
    this.present = present
    this.value = value
    this.histogram = columns?.histogram
  }

  /** The same values under other labels: the columns are shared, so neither may be changed afterwards. */
  withLabels(labels: readonly Label[], dropName = this.dropName): StepSeries {
    return new StepSeries(labels, this.present.length, dropName, this)
  }

  setFloat(step: number, value: number): void {
    this.present[step] = FLOAT
    this.value[step] = value
  }

  setHistogram(step: number, histogram: NativeHistogram): void {
    this.histogram ??= []
    this.present[step] = HISTOGRAM
    this.histogram[step] = histogram
  }

  /** True if no step has anything. */
  isEmpty(): boolean {
    for (let step = 0; step < this.present.length; step++) if (this.present[step] !== ABSENT) return false
    return true
  }
}

/** What an expression evaluates to over a grid. Range vectors exist only between a selector and its function. */
export type Evaluated =
  | { type: 'scalar'; value: Float64Array }
  | { type: 'string'; value: string }
  | { type: 'vector'; series: StepSeries[] }
