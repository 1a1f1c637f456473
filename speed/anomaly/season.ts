import { CalendarSeason } from './calendar.js'
import type { DetectorMemory } from './memory.js'
import { type PatternsAt, TrainedSeason } from './trained-season.js'

/** What the time lets expect: by trained patterns where there are some, else by what was learned of the hours. */
export class Season {
  readonly #patternsAt: PatternsAt
  readonly #learned: CalendarSeason
  readonly #trained: TrainedSeason

  constructor(memory: DetectorMemory, patternsAt: PatternsAt) {
    this.#patternsAt = patternsAt
    this.#learned = new CalendarSeason(memory)
    this.#trained = new TrainedSeason(memory)
  }

  /** What was to be expected instead of a value, which is then learned; the value itself where nothing is known. */
  expect(timeMs: number, value: number): number {
    const patterns = this.#patternsAt(timeMs)
    return patterns.length > 0 ? this.#trained.expect(patterns, timeMs, value) : this.#learned.expect(timeMs, value)
  }
}
