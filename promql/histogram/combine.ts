import type { CounterReset, NativeHistogram } from '../../schemas/histogram.js'
import { hasCustomBuckets } from './bounds.js'
import { mergeBuckets } from './buckets.js'
import { commonBounds, equalBounds, withBounds } from './custom-bounds.js'
import { reduceResolution } from './resolution.js'
import { equalizeZeroBuckets } from './zero-bucket.js'

/** Two histograms made one. */
export interface Combined {
  histogram: NativeHistogram
  /** Their custom bounds differed: the result has those that both had. To be told with INFO.mismatchedCustomBuckets. */
  boundsReconciled: boolean
  /** One was known to be a reset and the other not to be: WARNING.counterResetCollision. */
  resetCollision: boolean
}

/**
 * a + b in the coarser of both layouts: schema, zero bucket, custom bounds. Buckets that count nothing may be in the
 * result: see `compactHistogram`.
 * @returns undefined if one has exponential and the other custom buckets: WARNING.mixedExponentialCustom
 */
export function addHistograms(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, 1)
}

/** a - b, else as `addHistograms`; the result is a gauge. */
export function subtractHistograms(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  const result = combine(a, b, -1)
  return result && { ...result, histogram: { ...result.histogram, counterReset: 'gauge' } }
}

function combine(a: NativeHistogram, b: NativeHistogram, sign: 1 | -1): Combined | undefined {
  if (hasCustomBuckets(a) !== hasCustomBuckets(b)) return undefined
  const boundsReconciled = hasCustomBuckets(a) && !equalBounds(a.customValues ?? [], b.customValues ?? [])
  const [left, right] = inOneLayout(a, b)
  const { counterReset, collision } = joinCounterResets(a.counterReset, b.counterReset)
  const histogram = {
    ...left,
    count: left.count + sign * right.count,
    sum: left.sum + sign * right.sum,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    positive: mergeBuckets(left.positive, right.positive, sign),
    negative: mergeBuckets(left.negative, right.negative, sign),
    counterReset,
  }
  return { histogram, boundsReconciled, resetCollision: collision }
}

/** Both with the same bucket bounds. Both must be exponential or both custom. */
export function inOneLayout(a: NativeHistogram, b: NativeHistogram): [NativeHistogram, NativeHistogram] {
  if (hasCustomBuckets(a)) {
    const mine = a.customValues ?? []
    const other = b.customValues ?? []
    if (equalBounds(mine, other)) return [a, b]
    const bounds = commonBounds(mine, other)
    return [withBounds(a, bounds), withBounds(b, bounds)]
  }
  // The zero buckets first, each at its own resolution: a finer bucket makes for a narrower zero bucket.
  const [left, right] = equalizeZeroBuckets(a, b)
  const schema = Math.min(a.schema, b.schema)
  return [reduceResolution(left, schema), reduceResolution(right, schema)]
}

/** What is known of the sum of two histograms. */
export function joinCounterResets(
  a: CounterReset,
  b: CounterReset,
): { counterReset: CounterReset; collision: boolean } {
  if (a === b) return { counterReset: a, collision: false }
  if (a === 'gauge' || b === 'gauge') return { counterReset: 'gauge', collision: false }
  return { counterReset: 'unknown', collision: a !== 'unknown' && b !== 'unknown' }
}
