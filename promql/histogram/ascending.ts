import type { NativeHistogram } from '../../schemas/histogram.js'
import { bucketBound, hasCustomBuckets } from './bounds.js'

/**
 * The buckets of a histogram by their place in ascending order: negative ones, the zero bucket if it is populated, the
 * positive ones. Bounds are computed when asked for: most callers need those of one bucket.
 */
export class AscendingBuckets {
  readonly length: number
  readonly #histogram: NativeHistogram
  readonly #negatives: number
  readonly #zeros: 0 | 1

  constructor(histogram: NativeHistogram) {
    this.#histogram = histogram
    this.#negatives = histogram.negative.index.length
    this.#zeros = histogram.zeroCount > 0 ? 1 : 0
    this.length = this.#negatives + this.#zeros + histogram.positive.index.length
  }

  count(place: number): number {
    const { negative, positive, zeroCount } = this.#histogram
    if (place < this.#negatives) return negative.count[this.#negatives - 1 - place]
    const above = place - this.#negatives - this.#zeros
    return above < 0 ? zeroCount : positive.count[above]
  }

  /** Observations in all buckets. */
  total(): number {
    let total = 0
    for (let place = 0; place < this.length; place++) total += this.count(place)
    return total
  }

  /** Lower bound; where the bucket overlaps with the zero bucket it starts behind it. */
  lower(place: number): number {
    const { negative, positive, zeroThreshold } = this.#histogram
    if (place < this.#negatives) return -bucketBound(this.#histogram, negative.index[this.#negatives - 1 - place])
    const above = place - this.#negatives - this.#zeros
    if (above < 0) return -zeroThreshold
    const bound = bucketBound(this.#histogram, positive.index[above] - 1)
    return bound > 0 && bound < zeroThreshold ? zeroThreshold : bound
  }

  /** Upper bound; where the bucket overlaps with the zero bucket it ends before it. */
  upper(place: number): number {
    const { negative, positive, zeroThreshold } = this.#histogram
    if (place < this.#negatives) {
      const bound = -bucketBound(this.#histogram, negative.index[this.#negatives - 1 - place] - 1)
      return bound < 0 && bound > -zeroThreshold ? -zeroThreshold : bound
    }
    const above = place - this.#negatives - this.#zeros
    return above < 0 ? zeroThreshold : bucketBound(this.#histogram, positive.index[above])
  }

  /** The zero bucket contains both of its bounds. */
  isZero(place: number): boolean {
    return this.#zeros === 1 && place === this.#negatives
  }

  /** Whether the bucket contains its lower bound. */
  holdsLower(place: number): boolean {
    if (!hasCustomBuckets(this.#histogram)) return place < this.#negatives || this.isZero(place)
    return this.#histogram.positive.index[place - this.#negatives - this.#zeros] === 0
  }

  /** Whether the bucket contains its upper bound. */
  holdsUpper(place: number): boolean {
    return place >= this.#negatives
  }
}
