import type { SeasonalPattern } from '../../schemas/seasonal-pattern.js'
import type { DetectorMemory } from './memory.js'

/** The patterns that a value of this time is judged by; none: the detector learns the seasons itself. */
export type PatternsAt = (timeMs: number) => readonly SeasonalPattern[]

/** For a detector that has no trained patterns. */
export const untrained: PatternsAt = () => []

/** The level under the patterns follows the series within this part of the shortest period. */
const LEVEL_SHARE = 1 / 6
/** The weight of one value is no more than this, however rarely values come. */
const LARGEST_WEIGHT = 0.3

/** What trained patterns let expect: their sum, on a level that follows the series. */
export class TrainedSeason {
  /** Level, and the time of the newest value. */
  readonly #state: Float64Array

  constructor(memory: DetectorMemory) {
    this.#state = memory.take(2).fill(Number.NaN)
  }

  /** What was to be expected instead of a value, which is then learned; the value itself at first. */
  expect(patterns: readonly SeasonalPattern[], timeMs: number, value: number): number {
    const [level, lastMs] = this.#state
    const season = patterns.reduce((sum, pattern) => sum + seasonAt(pattern, timeMs), 0)
    const isFirst = Number.isNaN(level)
    const before = isFirst ? value - season : level
    this.#state[0] = before + (isFirst ? 0 : weightOf(timeMs - lastMs, patterns)) * (value - season - before)
    this.#state[1] = timeMs
    return before + season
  }
}

function weightOf(elapsedMs: number, patterns: readonly SeasonalPattern[]): number {
  const shortestMs = Math.min(...patterns.map(({ periodMs }) => periodMs))
  return Math.min(LARGEST_WEIGHT, 1 - Math.exp(-Math.max(0, elapsedMs) / (LEVEL_SHARE * shortestMs)))
}

/** The seasonal part at a time, interpolated between the beginnings of its phases. */
function seasonAt({ periodMs, phases }: SeasonalPattern, timeMs: number): number {
  const turn = timeMs / periodMs
  const at = (turn - Math.floor(turn)) * phases.length
  const phase = Math.min(phases.length - 1, Math.floor(at))
  const next = phases[(phase + 1) % phases.length]
  return phases[phase] + (at - phase) * (next - phases[phase])
}
