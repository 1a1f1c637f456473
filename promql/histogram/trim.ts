import type { HistogramBuckets, NativeHistogram } from '../../schemas/histogram.js'
import { bucketBound, hasCustomBuckets } from './bounds.js'
import { compactHistogram } from './compact.js'
import { fractionBelow } from './interpolate.js'

/** What is left of a bucket: the share of its observations, and the value that stands for each of them in the sum. */
interface Kept {
  share: number
  middle: number
}

/** A bucket, and whether its observations (or else their logarithms) are taken to be evenly spread. */
interface Part {
  lower: number
  upper: number
  linear: boolean
}

const NOTHING: Kept = { share: 0, middle: 0 }

/** The observations up to `bound`: the operator `</`. Count and sum follow from the buckets, unless nothing changed. */
export function trimUpper(histogram: NativeHistogram, bound: number): NativeHistogram {
  return trim(histogram, bound, true)
}

/** The observations above `bound`: the operator `>/`. */
export function trimLower(histogram: NativeHistogram, bound: number): NativeHistogram {
  return trim(histogram, bound, false)
}

function trim(histogram: NativeHistogram, bound: number, below: boolean): NativeHistogram {
  const linear = hasCustomBuckets(histogram)
  const total = { count: 0, sum: 0, changed: false }
  const keep = (count: number, part: Part) => {
    if (count === 0) return 0
    const { share, middle } = keptOf(part, bound, below)
    const kept = count * share
    total.count += kept
    total.sum += kept * middle
    total.changed ||= kept !== count
    return kept
  }
  const side = ({ index, count }: HistogramBuckets, sign: 1 | -1): HistogramBuckets => ({
    index,
    count: count.map((own, i) => {
      const inner = sign * bucketBound(histogram, index[i] - 1)
      const outer = sign * bucketBound(histogram, index[i])
      return keep(own, { lower: Math.min(inner, outer), upper: Math.max(inner, outer), linear })
    }),
  })
  const positive = side(histogram.positive, 1)
  const negative = side(histogram.negative, -1)
  const zeroCount = histogram.zeroCount > 0 ? keep(histogram.zeroCount, zeroPart(histogram)) : histogram.zeroCount
  if (!total.changed) return histogram
  return compactHistogram({ ...histogram, count: total.count, sum: total.sum, zeroCount, positive, negative })
}

function keptOf({ lower, upper, linear }: Part, bound: number, below: boolean): Kept {
  if (Number.isNaN(bound)) return NOTHING
  const whole = { share: 1, middle: middleOf({ lower, upper, linear }) }
  if (bound <= lower) return below ? NOTHING : whole
  if (bound >= upper) return below ? whole : NOTHING
  if (lower === Number.NEGATIVE_INFINITY) return below ? belowInFirst(upper, bound) : aboveInFirst(upper, bound)
  // Nobody knows how many of the last bucket's observations lie below the bound.
  if (upper === Number.POSITIVE_INFINITY) return below ? NOTHING : { share: 1, middle: bound }
  const share = fractionBelow(lower, upper, linear, bound)
  if (below) return { share, middle: middleOf({ lower, upper: bound, linear }) }
  return { share: 1 - share, middle: middleOf({ lower: bound, upper, linear }) }
}

/** Of a bucket without lower end: from 0 on it is taken to be evenly filled. */
function belowInFirst(upper: number, bound: number): Kept {
  if (upper <= 0) return { share: 1, middle: bound }
  return bound > 0 && Number.isFinite(upper) ? { share: bound / upper, middle: bound / 2 } : NOTHING
}

function aboveInFirst(upper: number, bound: number): Kept {
  if (bound < 0 || !Number.isFinite(upper)) return NOTHING
  return { share: 1 - bound / upper, middle: (bound + upper) / 2 }
}

/** The zero bucket is evenly filled, on the side of 0 alone where the histogram has its other observations. */
function zeroPart({ zeroThreshold, positive, negative }: NativeHistogram): Part {
  const positives = positive.count.some(populated)
  const negatives = negative.count.some(populated)
  const lower = positives && !negatives ? 0 : -zeroThreshold
  const upper = negatives && !positives ? 0 : zeroThreshold
  return { lower, upper, linear: true }
}

function middleOf({ lower, upper, linear }: Part): number {
  if (lower === Number.NEGATIVE_INFINITY) {
    if (upper === Number.POSITIVE_INFINITY) return 0
    return upper > 0 ? upper / 2 : upper
  }
  if (upper === Number.POSITIVE_INFINITY) return lower
  return linear ? (lower + upper) / 2 : Math.sign(upper) * Math.sqrt(lower * upper)
}

const populated = (count: number) => count !== 0
