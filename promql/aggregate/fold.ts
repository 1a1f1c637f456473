import type { StepSeries } from '../evaluate/values.js'

/** Makes one result of the series of a group, which are added one after the other, each at all steps. */
export interface Fold {
  add(series: StepSeries): void
  /** Writes what stands at each step; a step without a result stays absent. */
  finish(result: StepSeries): void
}
