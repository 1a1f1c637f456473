import { DetectorMemory } from './memory.js'

/** What a detector says about one value. */
export interface Verdict {
  /** 0 (as always) to 1 (never seen); from 0.5 on it is worth an alarm. 0 while the detector is not warm. */
  score: number
  /** Where the value was expected to lie, judged before it was seen; NaN while nothing is known. */
  lower: number
  upper: number
  /** False until enough values were seen; `missing` says how many are still to come. */
  warm: boolean
  missing: number
}

/**
 * Judges the values of one series, each once and in the order of time: neither the end of the series nor its extremes
 * are known. Constant time a value, memory of a fixed size.
 */
export interface Detector {
  /**
   * Judges a value by what came before it, then learns it. A value that is not finite is not learned and scores 0.
   * Times may repeat, jump or have gaps.
   * @param timeMs when it was observed, ms since the epoch
   */
  update(timeMs: number, value: number): Verdict
  /** Everything that it remembers, to go on elsewhere by {@link restore}. */
  save(): Float64Array
  /** Goes on where a detector of the same name was when it was saved. @throws RangeError if the state is not of its kind */
  restore(state: Float64Array): void
}

/** Beyond this a value is taken to be this large: its square must be a number still. */
const LARGEST = 1e150

/** What one kind of detector adds to the frame that all share. */
export interface Method {
  /** Values to be seen before it judges. */
  warmUp: number
  /** Judges a finite value by what was learned before, then learns it. @param warm whether the verdict is of use already */
  judge(timeMs: number, value: number, warm: boolean): { score: number; lower: number; upper: number }
}

/** Makes a detector of a method: warm-up, values that are no numbers, and state are the same for all. */
export function detectorOf(make: (memory: DetectorMemory) => Method): Detector {
  const memory = new DetectorMemory()
  /** Values learned, and the last usable time. */
  const seen = memory.take(2)
  const method = make(memory)
  return {
    update(timeMs, value) {
      const missing = Math.max(0, method.warmUp - seen[0])
      const warm = missing === 0
      if (!Number.isFinite(value)) return { score: 0, lower: Number.NaN, upper: Number.NaN, warm, missing }
      if (Number.isFinite(timeMs)) seen[1] = timeMs
      seen[0]++
      const { score, lower, upper } = method.judge(seen[1], Math.max(-LARGEST, Math.min(LARGEST, value)), warm)
      return { score: warm ? score : 0, lower, upper, warm, missing }
    },
    save: () => memory.save(),
    restore: (state) => memory.restore(state),
  }
}

/** A distance in units of the alarm limit (1 = at the limit) as a score: 0.5 at the limit, towards 1 beyond it. */
export function scoreOf(ratio: number): number {
  if (ratio === Number.POSITIVE_INFINITY) return 1
  return ratio > 0 ? ratio / (1 + ratio) : 0
}
