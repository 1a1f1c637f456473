import type { DetectorMemory } from './memory.js'

const DAY_MS = 86_400_000
/** The least and the largest weight of one value, however densely or rarely values come. */
const LEAST_WEIGHT = 0.002

/**
 * The usual value at each time of a repeating stretch (a day, a week; UTC), learned as it goes: the stretch is cut into
 * phases, each with an exponential average of its own.
 */
export class CalendarAverage {
  readonly #average: Float64Array
  readonly #phaseMs: number
  readonly #turnWeight: number
  /** Time of the newest value, ms. */
  readonly #last: Float64Array

  /**
   * @param stretchMs after which it repeats
   * @param turnWeight the weight of one whole visit of a phase against all earlier ones, 0..1
   */
  constructor(memory: DetectorMemory, stretchMs: number, phases: number, turnWeight: number) {
    this.#average = memory.take(phases).fill(Number.NaN)
    this.#last = memory.take(1).fill(Number.NaN)
    this.#phaseMs = stretchMs / phases
    this.#turnWeight = turnWeight
  }

  /** The usual value at that time; NaN if this phase was never seen. */
  at(timeMs: number): number {
    return this.#average[this.#phaseOf(timeMs)]
  }

  /** Learns a value. The weight goes by the time since the one before, so that a visit counts the same at any spacing. */
  add(timeMs: number, value: number): void {
    const phase = this.#phaseOf(timeMs)
    const elapsed = Math.max(0, Math.min(timeMs - this.#last[0], this.#phaseMs))
    this.#last[0] = timeMs
    const known = this.#average[phase]
    if (Number.isNaN(known)) {
      this.#average[phase] = value
      return
    }
    const share = Number.isNaN(elapsed) ? 0 : elapsed / this.#phaseMs
    const weight = Math.max(LEAST_WEIGHT, 1 - (1 - this.#turnWeight) ** share)
    this.#average[phase] = known + weight * (value - known)
  }

  #phaseOf(timeMs: number): number {
    const phases = this.#average.length
    const phase = Math.floor(timeMs / this.#phaseMs) % phases
    return phase < 0 ? phase + phases : phase
  }
}

/** By the quarter of an hour of the day, learned fast. */
export function quarterHourlyAverage(memory: DetectorMemory): CalendarAverage {
  return new CalendarAverage(memory, DAY_MS, 96, 0.5)
}

/** What the hour lets expect as it is learned: halfway between the day's and the week's. */
export class CalendarSeason {
  readonly #byDay: CalendarAverage
  readonly #byWeek: CalendarAverage

  constructor(memory: DetectorMemory) {
    this.#byDay = new CalendarAverage(memory, DAY_MS, 24, 0.3)
    this.#byWeek = new CalendarAverage(memory, 7 * DAY_MS, 168, 0.3)
  }

  /** What was to be expected instead of a value, which is then learned; the value itself where nothing is known. */
  expect(timeMs: number, value: number): number {
    const day = this.#byDay.at(timeMs)
    const week = this.#byWeek.at(timeMs)
    this.#byDay.add(timeMs, value)
    this.#byWeek.add(timeMs, value)
    if (Number.isNaN(day)) return value
    return Number.isNaN(week) ? day : day / 2 + week / 2
  }
}
