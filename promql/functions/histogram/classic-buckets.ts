import type { MonotonicityFix } from '../../annotations.js'
import { FLOAT, type StepSeries } from '../../evaluate/values.js'

/** Counts that differ by less, relatively, differ by rounding. */
const ROUNDING = 1e-12
const SMALLEST_NORMAL = 2.2250738585072014e-308

/** The `_bucket` series of one classic histogram, read step by step into columns of ascending bounds. */
export class ClassicBuckets {
  /** How many of `upper` and `count` are in use. */
  length = 0
  readonly upper: Float64Array
  /** Observations up to each upper bound. */
  readonly count: Float64Array
  readonly #bounds: readonly number[]
  readonly #series: readonly StepSeries[]

  constructor(buckets: readonly { bound: number; series: StepSeries }[]) {
    const sorted = [...buckets].sort((a, b) => a.bound - b.bound)
    this.#bounds = sorted.map(({ bound }) => bound)
    this.#series = sorted.map(({ series }) => series)
    this.upper = new Float64Array(sorted.length)
    this.count = new Float64Array(sorted.length)
  }

  /** Reads the buckets of a step; series that write the same bound in different ways are one bucket. */
  load(step: number): void {
    this.length = 0
    for (let i = 0; i < this.#series.length; i++) {
      if (this.#series[i].present[step] !== FLOAT) continue
      const value = this.#series[i].value[step]
      if (this.length > 0 && this.upper[this.length - 1] === this.#bounds[i]) {
        this.count[this.length - 1] += value
      } else {
        this.upper[this.length] = this.#bounds[i]
        this.count[this.length++] = value
      }
    }
  }

  /** Without a bucket up to +Inf nobody knows how many observations there are. */
  hasAll(): boolean {
    return this.length > 0 && this.upper[this.length - 1] === Number.POSITIVE_INFINITY
  }

  /** Observations in all. */
  total(): number {
    return this.count[this.length - 1]
  }

  /**
   * Makes counts that fall stay as they were: buckets of different scrapes, or rounding.
   * @returns what was raised; undefined if no more than rounding was taken away
   */
  makeMonotonic(): MonotonicityFix | undefined {
    let fix: MonotonicityFix | undefined
    let before = this.count[0]
    for (let i = 1; i < this.length; i++) {
      const count = this.count[i]
      if (count === before) continue
      const isRounding = differByRounding(before, count)
      if (!isRounding && !(count < before)) {
        before = count
        continue
      }
      this.count[i] = before
      if (isRounding) continue
      const upper = this.upper[i]
      fix = { lowest: fix?.lowest ?? upper, highest: upper, most: Math.max(fix?.most ?? 0, before - count) }
    }
    return fix
  }
}

function differByRounding(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true
  const difference = Math.abs(a - b)
  const size = Math.abs(a) + Math.abs(b)
  if (a === 0 || b === 0 || size < SMALLEST_NORMAL) return difference < ROUNDING * SMALLEST_NORMAL
  return difference / Math.min(size, Number.MAX_VALUE) < ROUNDING
}
