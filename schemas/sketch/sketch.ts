import { bucketIndex, bucketMiddle, MAX_SCHEMA } from './bucket.js'

/** Most buckets (positive and negative together) that a sketch holds before its schema drops by one. */
export const MAX_BUCKETS = 512

/** Coarsest schema a sketch can drop to: one bucket for each power of 2^16. */
export const MIN_SCHEMA = -4

const NO_COUNTS = new Float64Array(0)

/** A run of buckets: `counts[i]` is the weight in bucket `offset + i`. */
export class BucketRun {
  offset = 0
  counts: Float64Array = NO_COUNTS
  /** How many of `counts` are in use. */
  length = 0

  /** Adds weight to a bucket, growing the run to reach it. */
  add(index: number, weight: number): void {
    const at = index - this.offset
    if (at >= 0 && at < this.length) {
      this.counts[at] += weight
      return
    }
    this.cover(index, index)
    this.counts[index - this.offset] += weight
  }

  /** Makes the run reach over the buckets first..last, new ones of weight 0, in the memory that it has if they fit. */
  cover(first: number, last: number): void {
    if (this.length > 0) {
      first = Math.min(this.offset, first)
      last = Math.max(this.offset + this.length - 1, last)
    }
    const length = last - first + 1
    if (length === this.length) return
    const shift = this.length > 0 ? this.offset - first : 0
    if (length > this.counts.length) {
      const counts = new Float64Array(Math.max(length, 8, Math.min(this.counts.length * 2, MAX_BUCKETS * 2)))
      counts.set(this.counts.subarray(0, this.length), shift)
      this.counts = counts
    } else {
      if (shift > 0) this.counts.copyWithin(shift, 0, this.length)
      this.counts.fill(0, 0, shift)
      this.counts.fill(0, shift + this.length, length)
    }
    this.offset = first
    this.length = length
  }

  /** Makes it the same run as `other`, on memory of its own. */
  copyFrom(other: BucketRun): void {
    this.offset = other.offset
    this.length = other.length
    this.counts = other.counts.slice(0, other.length)
  }

  /** Halves the resolution: neighbours 2i and 2i+1 become i. */
  coarsen(): void {
    if (this.length === 0) return
    const offset = this.offset >> 1
    const length = ((this.offset + this.length - 1) >> 1) - offset + 1
    const counts = new Float64Array(length)
    for (let i = 0; i < this.length; i++) counts[((this.offset + i) >> 1) - offset] += this.counts[i]
    this.offset = offset
    this.counts = counts
    this.length = length
  }

  /** Sum of the weights. */
  total(): number {
    let total = 0
    for (let i = 0; i < this.length; i++) total += this.counts[i]
    return total
  }
}

/**
 * The distribution of a window's finite values: a base-2 exponential histogram with positive, negative and zero
 * buckets. Merging two is adding bucket by bucket, so it rolls up over time and hosts without losing its bound.
 */
export class Sketch {
  readonly #mostBuckets: number
  schema = MAX_SCHEMA
  zeroCount = 0
  readonly positive = new BucketRun()
  readonly negative = new BucketRun()

  /** @param mostBuckets more than {@link MAX_BUCKETS} for one that is never stored */
  constructor(mostBuckets = MAX_BUCKETS) {
    this.#mostBuckets = mostBuckets
  }

  /** The sketch of `count` equal values. */
  static of(value: number, count: number): Sketch {
    const sketch = new Sketch()
    sketch.add(value, count)
    return sketch
  }

  /** Counts a finite value `weight` times. */
  add(value: number, weight: number): void {
    if (value === 0) {
      this.zeroCount += weight
      return
    }
    const run = value > 0 ? this.positive : this.negative
    const finest = bucketIndex(Math.abs(value))
    const index = finest >> (MAX_SCHEMA - this.schema)
    const at = index - run.offset
    if (at >= 0 && at < run.length) {
      run.counts[at] += weight
      return
    }
    this.#makeRoom(run, index, index)
    run.add(finest >> (MAX_SCHEMA - this.schema), weight)
  }

  /** Counts values from..to-1, all finite, once each. @param least smallest of them @param most largest of them */
  addAll(values: Float64Array, from: number, to: number, least: number, most: number): void {
    if (!(least > 0)) {
      for (let i = from; i < to; i++) this.add(values[i], 1)
      return
    }
    const run = this.positive
    const levels = MAX_SCHEMA - this.schema
    this.#makeRoom(run, bucketIndex(least) >> levels, bucketIndex(most) >> levels)
    const shift = MAX_SCHEMA - this.schema
    run.cover(bucketIndex(least) >> shift, bucketIndex(most) >> shift)
    const { counts, offset } = run
    for (let i = from; i < to; i++) counts[(bucketIndex(values[i]) >> shift) - offset]++
  }

  /** Adds every bucket of `other`, which stays as it is. */
  merge(other: Sketch): void {
    while (this.schema > other.schema) this.coarsen()
    this.zeroCount += other.zeroCount
    this.#mergeRun(this.positive, other.positive, other.schema)
    this.#mergeRun(this.negative, other.negative, other.schema)
  }

  /** A sketch of its own with the same buckets. */
  copy(): Sketch {
    const twin = new Sketch()
    twin.schema = this.schema
    twin.zeroCount = this.zeroCount
    twin.positive.copyFrom(this.positive)
    twin.negative.copyFrom(this.negative)
    return twin
  }

  /** Makes it an empty sketch again, which keeps its memory. */
  clear(): void {
    this.schema = MAX_SCHEMA
    this.zeroCount = 0
    this.positive.length = 0
    this.negative.length = 0
  }

  /** Drops the schema by one. */
  coarsen(): void {
    this.positive.coarsen()
    this.negative.coarsen()
    this.schema--
  }

  /** Weight of all buckets. */
  count(): number {
    return this.zeroCount + this.positive.total() + this.negative.total()
  }

  /**
   * Estimate of the q-quantile (0..1): the middle of the bucket that holds the value of rank ceil(q * count),
   * within 1.1 % of it at schema 5. NaN for an empty sketch.
   */
  quantile(q: number): number {
    const total = this.count()
    if (!(total > 0) || Number.isNaN(q)) return Number.NaN
    return this.valueAt(Math.min(Math.max(q, 0), 1) * total)
  }

  /** As {@link quantile}, of several in ascending order. @param qs 0..1; each is replaced by its estimate */
  quantiles(qs: Float64Array): void {
    const total = this.count()
    if (!(total > 0)) qs.fill(Number.NaN)
    else {
      for (let i = 0; i < qs.length; i++) qs[i] *= total
      this.valuesAt(qs)
    }
  }

  /** The middle of the bucket in which the weight of all values up to it reaches so much. */
  valueAt(weight: number): number {
    oneWeight[0] = weight
    this.valuesAt(oneWeight)
    return oneWeight[0]
  }

  /** As {@link valueAt}, of several in ascending order. @param weights each is replaced by its value */
  valuesAt(weights: Float64Array): void {
    const { positive, negative, schema } = this
    let sign = 0
    let index = 0
    let from = 0
    for (let i = negative.length - 1; i >= 0 && from < weights.length; i--) {
      if (negative.counts[i] === 0) continue
      sign = -1
      index = negative.offset + i
      const to = spend(weights, from, negative.counts[i])
      if (to > from) weights.fill(-bucketMiddle(index, schema), from, to)
      from = to
    }
    if (this.zeroCount > 0) {
      sign = 0
      const to = spend(weights, from, this.zeroCount)
      weights.fill(0, from, to)
      from = to
    }
    for (let i = 0; i < positive.length && from < weights.length; i++) {
      if (positive.counts[i] === 0) continue
      sign = 1
      index = positive.offset + i
      const to = spend(weights, from, positive.counts[i])
      if (to > from) weights.fill(bucketMiddle(index, schema), from, to)
      from = to
    }
    // Rounding has left a rest: it is the last bucket.
    if (from < weights.length) weights.fill(sign * bucketMiddle(index, schema), from)
  }

  #mergeRun(run: BucketRun, other: BucketRun, otherSchema: number): void {
    if (other.length === 0) return
    const first = other.offset >> (otherSchema - this.schema)
    const end = (other.offset + other.length - 1) >> (otherSchema - this.schema)
    if (otherSchema === this.schema && first >= run.offset && end < run.offset + run.length) {
      const { counts } = run
      const from = first - run.offset
      for (let i = 0; i < other.length; i++) counts[from + i] += other.counts[i]
      return
    }
    this.#makeRoom(run, first, end)
    const levels = otherSchema - this.schema
    run.cover(other.offset >> levels, (other.offset + other.length - 1) >> levels)
    for (let i = 0; i < other.length; i++) run.counts[((other.offset + i) >> levels) - run.offset] += other.counts[i]
  }

  /** Coarsens until `run` can hold the buckets first..last (indexes at the schema of the call) within the limit. */
  #makeRoom(run: BucketRun, first: number, last: number): void {
    const rest = () => this.positive.length + this.negative.length - run.length
    const span = () =>
      run.length === 0
        ? last - first + 1
        : Math.max(run.offset + run.length - 1, last) - Math.min(run.offset, first) + 1
    while (rest() + span() > this.#mostBuckets && this.schema > MIN_SCHEMA) {
      this.coarsen()
      first >>= 1
      last >>= 1
    }
  }
}

const oneWeight = new Float64Array(1)

/** Takes the weight of a bucket from those that are still to be reached. @returns the first that it did not reach */
function spend(weights: Float64Array, from: number, count: number): number {
  let reached = from
  for (let i = from; i < weights.length; i++) {
    weights[i] -= count
    if (weights[i] <= 0) reached = i + 1
  }
  return reached
}
