import type { NativeHistogram } from '../../schemas/histogram.js'
import { filterBuckets } from './buckets.js'

/** The histogram without the buckets that count nothing. */
export function compactHistogram(histogram: NativeHistogram): NativeHistogram {
  const positive = filterBuckets(histogram.positive, populated)
  const negative = filterBuckets(histogram.negative, populated)
  if (positive === histogram.positive && negative === histogram.negative) return histogram
  return { ...histogram, positive, negative }
}

const populated = (_: number, count: number) => count !== 0
