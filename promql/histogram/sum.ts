import type { CounterReset, NativeHistogram } from '../../schemas/histogram.js'
import { exponentialBound, hasCustomBuckets } from './bounds.js'
import { CompensatedBuckets } from './compensated-buckets.js'
import { commonBounds, equalBounds, targetBucket, withBounds } from './custom-bounds.js'
import { coarserIndex, reduceResolution } from './resolution.js'
import { scaleHistogram } from './scale.js'
import { widenZeroBucket } from './zero-bucket.js'

/** Beyond this magnitude the sum goes on in units of 2^64, so that a mean does not overflow on its way. */
const LARGE = 2 ** 1000
const LARGE_UNIT = 2 ** 64

/** Places of what is summed beside the buckets. */
const TOTALS = [0, 1, 2]
const ZERO_COUNT = 2

/**
 * The sum or the mean of many histograms, compensated in every count, so that what cancels out leaves no error behind.
 * Its layout is the coarsest of all that were added.
 */
export class HistogramSum {
  /** Custom bounds differed: the sum has those that all had. INFO.mismatchedCustomBuckets. */
  boundsReconciled = false
  /** One with exponential and one with custom buckets came: there is no sum. WARNING.mixedExponentialCustom. */
  isMixed = false
  /** Its schema, zero threshold and custom bounds are those of the sum. */
  #layout: NativeHistogram | undefined
  #unit = 1
  readonly #totals = new CompensatedBuckets()
  readonly #positive = new CompensatedBuckets()
  readonly #negative = new CompensatedBuckets()
  readonly #seen = new Set<CounterReset>()

  /** Some were known to be resets and others not to be: WARNING.counterResetCollision. */
  get resetCollision(): boolean {
    return this.#seen.has('reset') && this.#seen.has('notReset')
  }

  add(histogram: NativeHistogram): void {
    this.#layout ??= histogram
    this.isMixed ||= hasCustomBuckets(this.#layout) !== hasCustomBuckets(histogram)
    if (this.isMixed) return
    this.#seen.add(histogram.counterReset)
    if (this.#unit === 1 && isLarge(histogram)) this.#takeLargeUnit()
    const inUnits = this.#unit === 1 ? histogram : scaleHistogram(histogram, 1 / this.#unit)
    const fitted = hasCustomBuckets(inUnits) ? this.#fitBounds(inUnits) : this.#fitExponential(inUnits)
    this.#totals.add({ index: TOTALS, count: [fitted.count, fitted.sum, fitted.zeroCount] })
    this.#positive.add(fitted.positive)
    this.#negative.add(fitted.negative)
  }

  /** @returns undefined if nothing was added or the layouts do not mix */
  sum(): NativeHistogram | undefined {
    return this.#result((count) => count * this.#unit)
  }

  /**
   * The sum divided by the number of histograms.
   * @returns undefined if nothing was added or the layouts do not mix
   */
  mean(histograms: number): NativeHistogram | undefined {
    return this.#result((count) => (count / histograms) * this.#unit)
  }

  #result(of: (count: number) => number): NativeHistogram | undefined {
    if (this.#layout === undefined || this.isMixed) return undefined
    const [count, sum, zeroCount] = this.#totals.buckets(of).count
    return {
      ...this.#layout,
      count,
      sum,
      zeroCount,
      positive: this.#positive.buckets(of),
      negative: this.#negative.buckets(of),
      counterReset: this.#counterReset(),
    }
  }

  #counterReset(): CounterReset {
    if (this.#seen.has('gauge')) return 'gauge'
    const [only] = this.#seen
    return this.#seen.size === 1 ? only : 'unknown'
  }

  /** `histogram` with the bounds that it shares with the sum, which keeps no others. */
  #fitBounds(histogram: NativeHistogram): NativeHistogram {
    const layout = this.#layout ?? histogram
    const own = layout.customValues ?? []
    if (equalBounds(own, histogram.customValues ?? [])) return histogram
    const bounds = commonBounds(own, histogram.customValues ?? [])
    this.boundsReconciled = true
    this.#positive.regroup((index) => targetBucket(own, bounds, index))
    this.#layout = { ...layout, customValues: bounds }
    return withBounds(histogram, bounds)
  }

  /** `histogram` with one zero bucket and one schema with the sum, which are the wider and the coarser of both. */
  #fitExponential(histogram: NativeHistogram): NativeHistogram {
    let layout = this.#layout ?? histogram
    let fitted = histogram
    while (fitted.zeroThreshold !== layout.zeroThreshold) {
      layout = this.#widen(layout, fitted.zeroThreshold)
      fitted = widenZeroBucket(fitted, layout.zeroThreshold)
    }
    const { schema } = layout
    if (fitted.schema < schema) {
      for (const side of [this.#positive, this.#negative]) {
        side.regroup((index) => coarserIndex(index, schema - fitted.schema))
      }
      layout = { ...layout, schema: fitted.schema }
    }
    this.#layout = layout
    return reduceResolution(fitted, layout.schema)
  }

  #widen(layout: NativeHistogram, threshold: number): NativeHistogram {
    if (threshold <= layout.zeroThreshold) return layout
    const sums = { ...layout, positive: this.#positive.buckets(), negative: this.#negative.buckets() }
    const { zeroThreshold } = widenZeroBucket(sums, threshold)
    const inside = (index: number) => exponentialBound(layout.schema, index - 1) < zeroThreshold
    this.#positive.moveTo(this.#totals, ZERO_COUNT, inside)
    this.#negative.moveTo(this.#totals, ZERO_COUNT, inside)
    return { ...layout, zeroThreshold }
  }

  #takeLargeUnit(): void {
    this.#unit = LARGE_UNIT
    for (const part of [this.#totals, this.#positive, this.#negative]) part.scale(1 / LARGE_UNIT)
  }
}

function isLarge({ count, sum, zeroCount, positive, negative }: NativeHistogram): boolean {
  const totals = Math.max(Math.abs(count), Math.abs(sum), Math.abs(zeroCount))
  return totals > LARGE || hasLarge(positive.count) || hasLarge(negative.count)
}

function hasLarge(counts: readonly number[]): boolean {
  for (let i = 0; i < counts.length; i++) if (counts[i] > LARGE || counts[i] < -LARGE) return true
  return false
}
