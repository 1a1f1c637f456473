import type { EvalContext } from '../evaluate/context.js'
import { StepSeries } from '../evaluate/values.js'
import { type LabelSet, labelsKey } from '../labels.js'

/** The series of a result by their labels: different inputs may feed the same one at different steps. */
export class ResultSeries {
  readonly #context: EvalContext
  readonly #series = new Map<string, StepSeries>()

  constructor(context: EvalContext) {
    this.#context = context
  }

  /** The series of these labels, made when it is first asked for. One whose name is to go is another series. */
  async of(labels: LabelSet, dropName: boolean): Promise<StepSeries> {
    const key = (dropName ? '-' : '+') + labelsKey(labels)
    let series = this.#series.get(key)
    if (!series) {
      const { steps } = this.#context.grid
      await this.#context.spend(steps)
      series = new StepSeries(labels, steps, dropName)
      this.#series.set(key, series)
    }
    return series
  }

  /** Those that have something at some step, in the order in which they were made. */
  filled(): StepSeries[] {
    return [...this.#series.values()].filter((series) => !series.isEmpty())
  }
}
