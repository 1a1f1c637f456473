import type { Fault } from './faults.js'

/** The samples of one histogram or gauge histogram at one time, judged together. */
export class HistogramPoint {
  #bound = Number.NaN
  #bucket = 0
  #count: number | undefined
  #sum: number | undefined
  #hasGaugeSum = false
  #hasNegativeBucket = false
  #fault: Fault | undefined

  /** Takes one sample. @param le the bound of a `_bucket` */
  add(suffix: string, value: number, le: number): void {
    if (suffix === '_bucket') this.#addBucket(value, le)
    else if (suffix === '_count' || suffix === '_gcount') this.#count = value
    else if (suffix === '_sum' || suffix === '_gsum') {
      this.#sum = value
      this.#hasGaugeSum = suffix === '_gsum'
    }
  }

  /** What is wrong with the point as a whole, or undefined if nothing is. */
  fault(): Fault | undefined {
    if (this.#fault !== undefined) return this.#fault
    if (this.#bound !== Number.POSITIVE_INFINITY) return 'bucketInfinity'
    if ((this.#count === undefined) !== (this.#sum === undefined)) return 'countSum'
    if (this.#count !== undefined && this.#count !== this.#bucket) return 'countBucket'
    if (this.#sum === undefined) return undefined
    if (this.#hasNegativeBucket) return this.#hasGaugeSum ? undefined : 'sumNegativeBuckets'
    return this.#sum < 0 ? 'sumNegative' : undefined
  }

  #addBucket(value: number, le: number): void {
    if (le <= this.#bound) this.#fault ??= 'bucketOrder'
    else if (value < this.#bucket) this.#fault ??= 'bucketCumulative'
    if (le < 0) this.#hasNegativeBucket = true
    this.#bound = le
    this.#bucket = value
  }
}
