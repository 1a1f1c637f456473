import type { EvalContext } from './evaluate/context.js'

/** Samples after which work pauses: less than a millisecond of it. */
const STRETCH = 1 << 14

/** What handling the labels of one series costs, in samples. */
export const LABELS_WORK = 64

/** Paces loops whose single turns are too short to wait at each: `if (pace.owes(samples)) await pace.settle()`. */
export class Pace {
  readonly #context: EvalContext
  #owed = 0

  constructor(context: EvalContext) {
    this.#context = context
  }

  /** Notes work on so many samples; @returns true if it is time to settle. */
  owes(samples: number): boolean {
    this.#owed += samples
    return this.#owed >= STRETCH
  }

  /** @throws what `EvalContext.pace` throws */
  async settle(): Promise<void> {
    const samples = this.#owed
    this.#owed = 0
    await this.#context.pace(samples)
  }
}
