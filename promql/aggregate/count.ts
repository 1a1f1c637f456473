import { ABSENT, type StepSeries } from '../evaluate/values.js'
import type { Fold } from './fold.js'

/** How many series, floats and histograms alike, stand at a step. */
export class CountFold implements Fold {
  readonly #count: Float64Array

  constructor(steps: number) {
    this.#count = new Float64Array(steps)
  }

  add({ present }: StepSeries): void {
    for (let step = 0; step < present.length; step++) if (present[step] !== ABSENT) this.#count[step]++
  }

  finish(result: StepSeries): void {
    this.#count.forEach((count, step) => {
      if (count > 0) result.setFloat(step, count)
    })
  }
}

/** 1 wherever a series stands. */
export class GroupFold implements Fold {
  readonly #seen: Uint8Array

  constructor(steps: number) {
    this.#seen = new Uint8Array(steps)
  }

  add({ present }: StepSeries): void {
    for (let step = 0; step < present.length; step++) this.#seen[step] |= present[step]
  }

  finish(result: StepSeries): void {
    this.#seen.forEach((kinds, step) => {
      if (kinds !== ABSENT) result.setFloat(step, 1)
    })
  }
}
