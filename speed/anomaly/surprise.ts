import type { DetectorMemory } from './memory.js'

const BINS = 384
const BINS_PER_OCTAVE = 8
/** The first positive value lies here; 24 octaves below it, 23 above. */
const ORIGIN = 24 * BINS_PER_OCTAVE
/** The share of the largest values that the tail is fitted to. */
const TAIL = 0.02
/** The tail is fitted to no fewer values than these. */
const TAIL_VALUES = 4
/** What is taken for the tail's index where little is known, and how many values that counts for. */
const PRIOR_INDEX = 0.25
const PRIOR_VALUES = 4
/** Orders of magnitude by which a verdict may go beyond what the number of values seen can show. */
const BEYOND_EVIDENCE = 3
/** When so many values were learned, each counts half from then on: what was usual long ago is forgotten. */
const MEMORY = 20_000

/**
 * How surprising a non-negative statistic is, given all its earlier values: -log10 of the probability that it is at
 * least as large. Within what was seen it is counted (a histogram of logarithmic bins); in the largest 2 % and beyond
 * a Pareto tail is fitted (Hill's estimator, shrunk towards a light tail while values are few), as in extreme value theory.
 */
export class Surprise {
  readonly #counts: Float64Array
  /** Values learned, and log2 of the first positive one (NaN until then). */
  readonly #state: Float64Array

  constructor(memory: DetectorMemory) {
    this.#counts = memory.take(BINS)
    this.#state = memory.take(2)
    this.#state[1] = Number.NaN
  }

  /** Orders of magnitude: 2 = one in a hundred is as large. */
  of(value: number): number {
    const total = this.#state[0]
    if (total === 0) return 0
    const limit = Math.log10(total) + BEYOND_EVIDENCE
    const bin = this.#binOf(value)
    const { from, count, logExcess } = this.#tail(total)
    if (bin < from || bin === 0) return -Math.log10((this.#countAbove(bin) + this.#counts[bin] / 2 + 1) / (total + 1))
    // Nothing positive has ever been seen: as surprising as it gets.
    if (from === 0) return limit
    const index = (logExcess * count + PRIOR_INDEX * PRIOR_VALUES) / (count + PRIOR_VALUES)
    const octaves = Math.log2(value) - this.#state[1] - (from - ORIGIN) / BINS_PER_OCTAVE
    const beyond = (Math.max(0, octaves) * Math.LN2) / index
    return Math.min(limit, (beyond - Math.log(count / total)) / Math.LN10)
  }

  /** Learns a value. */
  add(value: number): void {
    if (value > 0 && Number.isNaN(this.#state[1])) this.#state[1] = Math.log2(value)
    this.#counts[this.#binOf(value)]++
    if (++this.#state[0] < MEMORY) return
    for (let bin = 0; bin < BINS; bin++) this.#counts[bin] /= 2
    this.#state[0] /= 2
  }

  /** The value that is surprising by `orders`; 0 if nothing positive was seen. The inverse of {@link of}. */
  valueAt(orders: number): number {
    const total = this.#state[0]
    const { from, count, logExcess } = this.#tail(total)
    if (from === 0) return 0
    const index = (logExcess * count + PRIOR_INDEX * PRIOR_VALUES) / (count + PRIOR_VALUES)
    const beyond = Math.max(0, orders * Math.LN10 + Math.log(count / total)) * index
    return 2 ** (this.#state[1] + (from - ORIGIN) / BINS_PER_OCTAVE + beyond / Math.LN2)
  }

  /** The largest values: the bin from which on they lie, how many, and the mean of the logarithm of their excess. */
  #tail(total: number): { from: number; count: number; logExcess: number } {
    const wanted = Math.max(TAIL * total, TAIL_VALUES)
    let from = BINS - 1
    let count = 0
    let sum = 0
    for (; from > 0; from--) {
      count += this.#counts[from]
      sum += this.#counts[from] * from
      if (count >= wanted) break
    }
    if (count === 0) return { from: 0, count, logExcess: 0 }
    if (from === 0) from = 1
    return { from, count, logExcess: Math.max(0.02, ((sum / count - from) / BINS_PER_OCTAVE) * Math.LN2) }
  }

  #countAbove(bin: number): number {
    let above = 0
    for (let i = BINS - 1; i > bin; i--) above += this.#counts[i]
    return above
  }

  /** 0 for what is nothing, or next to nothing by what was seen first. */
  #binOf(value: number): number {
    if (!(value > 0)) return 0
    const origin = this.#state[1]
    if (Number.isNaN(origin)) return BINS - 1
    const bin = Math.floor((Math.log2(value) - origin) * BINS_PER_OCTAVE) + ORIGIN
    return Math.max(0, Math.min(BINS - 1, bin))
  }
}
