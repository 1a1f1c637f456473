import { type Detector, detectorOf, type Method, scoreOf } from './detector.js'
import { EVIDENCE, SUDDEN_EVIDENCE } from './evidence.js'
import type { DetectorMemory } from './memory.js'
import { Refractory } from './refractory.js'
import { Season } from './season.js'
import { Surprise } from './surprise.js'
import { type PatternsAt, untrained } from './trained-season.js'

/** The mean surprise that is worth an alarm, orders of magnitude. */
const ALARM_ORDERS = 2.5
/** A sudden change alone counts this much: it must be much more surprising. */
const SUDDEN_ALONE = 0.6
/** How much of its score a value keeps that belongs to an event already told. */
const ECHO = 0.2
/** Values outside of the bounds are one in 10^2.5. */
const BOUND_ORDERS = 2.5
const WARM_UP = 100

/**
 * The default, which needs no tuning: several kinds of evidence, each as the tail probability against its own past,
 * combined by the weighted mean of their logarithms (Fisher's way to combine tests); or a sudden change beyond doubt. One
 * event gives one alarm.
 * Units, scale and offset of the series make no difference.
 */
export function combined(patternsAt: PatternsAt = untrained): Detector {
  return detectorOf((memory) => new Combined(memory, patternsAt))
}

class Combined implements Method {
  readonly warmUp = WARM_UP
  readonly #season: Season
  readonly #distance: Surprise
  readonly #evidence: WeightedEvidence
  readonly #sudden: WeightedEvidence
  readonly #refractory: Refractory

  constructor(memory: DetectorMemory, patternsAt: PatternsAt) {
    this.#season = new Season(memory, patternsAt)
    this.#distance = new Surprise(memory)
    this.#evidence = new WeightedEvidence(memory, EVIDENCE)
    this.#sudden = new WeightedEvidence(memory, SUDDEN_EVIDENCE)
    this.#refractory = new Refractory(memory)
  }

  judge(timeMs: number, value: number, warm: boolean): { score: number; lower: number; upper: number } {
    const expected = this.#season.expect(timeMs, value)
    const reach = this.#distance.valueAt(BOUND_ORDERS)
    this.#distance.add(Math.abs(value - expected))
    const orders = this.#weigh(timeMs, value, value - expected)
    const bounds = { lower: expected - reach, upper: expected + reach }
    // What happens during the warm-up is no event: it must not hide one that comes shortly after.
    if (!warm) return { score: 0, ...bounds }
    const score = scoreOf(orders / ALARM_ORDERS)
    return { score: this.#refractory.isNew(orders) ? score : ECHO * score, ...bounds }
  }

  /** How surprising it all is, orders of magnitude. */
  #weigh(timeMs: number, value: number, off: number): number {
    const all = this.#evidence.weigh(timeMs, value, off)
    return Math.max(all, SUDDEN_ALONE * this.#sudden.weigh(timeMs, value, off))
  }
}

/** Kinds of evidence, each with its past. */
class WeightedEvidence {
  readonly #kinds
  readonly #totalWeight: number

  constructor(memory: DetectorMemory, kinds: typeof EVIDENCE) {
    this.#kinds = kinds.map(({ weight, make }) => ({ weight, statistic: make(memory), surprise: new Surprise(memory) }))
    this.#totalWeight = kinds.reduce((sum, { weight }) => sum + weight, 0)
  }

  /** The weighted mean surprise, orders of magnitude; what says nothing yet counts as no surprise. */
  weigh(timeMs: number, value: number, off: number): number {
    let sum = 0
    for (const { weight, statistic, surprise } of this.#kinds) {
      const size = Math.abs(statistic(timeMs, value, off))
      if (Number.isNaN(size)) continue
      sum += weight * surprise.of(size)
      surprise.add(size)
    }
    return sum / this.#totalWeight
  }
}
