import { alignDown, TIER_MS } from '../../schemas/time.js'
import type { Detector, Verdict } from './detector.js'

const DAY_MS = TIER_MS['1d']

/**
 * A detector that knows the windows since the beginning of yesterday (UTC) and no others, so that whoever feeds those to
 * a new one has the same: what a restart needs. Two are run; at midnight the one that began yesterday takes over.
 */
export class TwoDayDetector {
  readonly #make: () => Detector
  /** Begun yesterday: its verdicts count. */
  #judging: Detector
  /** Begun today. */
  #next: Detector
  #dayMs: number

  /** @param startMs of the first window that it will be fed, ms */
  constructor(make: () => Detector, startMs: number) {
    this.#make = make
    this.#judging = make()
    this.#next = make()
    this.#dayMs = alignDown(startMs, DAY_MS)
  }

  /** Start of the oldest window that the verdict on a window depends on, ms. */
  static knownFrom(startMs: number): number {
    return alignDown(startMs, DAY_MS) - DAY_MS
  }

  /** True if nothing that it has seen counts for a window of this start. */
  isOutdated(startMs: number): boolean {
    return this.#dayMs < TwoDayDetector.knownFrom(startMs)
  }

  /** Judges a window's value. Windows come in the order of their start. */
  update(startMs: number, value: number): Verdict {
    const dayMs = alignDown(startMs, DAY_MS)
    if (dayMs > this.#dayMs) {
      this.#judging = this.isOutdated(startMs) ? this.#make() : this.#next
      this.#next = this.#make()
      this.#dayMs = dayMs
    }
    this.#next.update(startMs, value)
    return this.#judging.update(startMs, value)
  }
}
