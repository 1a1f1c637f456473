import type { NativeHistogram } from '../../schemas/histogram.js'
import { AscendingBuckets } from './ascending.js'
import { hasCustomBuckets } from './bounds.js'
import { CompensatedBuckets } from './compensated-buckets.js'

/**
 * Estimated population variance: each bucket's observations are taken to be equal to its middle, geometric for
 * exponential buckets, arithmetic for custom ones, 0 for the zero bucket (Prometheus, histogram_stdvar).
 */
export function histogramVariance(histogram: NativeHistogram): number {
  const mean = histogram.sum / histogram.count
  const buckets = new AscendingBuckets(histogram)
  const isCustom = hasCustomBuckets(histogram)
  const squares = new CompensatedBuckets()
  squares.add({ index: [0], count: [0] })
  for (let place = 0; place < buckets.length; place++) {
    const count = buckets.count(place)
    if (count === 0) continue
    const distance = middle(buckets.lower(place), buckets.upper(place), isCustom) - mean
    squares.add({ index: [0], count: [count * distance * distance] })
  }
  return squares.buckets().count[0] / histogram.count
}

function middle(lower: number, upper: number, isCustom: boolean): number {
  if (isCustom) return (lower + upper) / 2
  if (lower <= 0 && upper >= 0) return 0
  return Math.sign(upper) * Math.sqrt(lower * upper)
}
