import type { CounterReset, HistogramBuckets, NativeHistogram } from '../../schemas/histogram.js'
import { hasCustomBuckets } from './bounds.js'
import { inOneLayout } from './combine.js'
import { equalBounds } from './custom-bounds.js'
import { reduceResolution } from './resolution.js'
import { widenZeroBucket } from './zero-bucket.js'

/**
 * True if the counter started anew between the two: `current` says so, or any of its counts (not its sum) is smaller,
 * or its layout became finer, which only a new start explains. Gauges are judged as if they were counters.
 */
export function detectReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.counterReset === 'reset') return true
  if (current.counterReset === 'notReset') return false
  if (current.count < previous.count) return true
  if (hasCustomBuckets(current)) {
    if (!hasCustomBuckets(previous)) return true
    const [now, before] = inOneLayout(current, previous)
    return someFell(now.positive, before.positive)
  }
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true
  const widened = widenZeroBucket(previous, current.zeroThreshold)
  if (widened.zeroThreshold !== current.zeroThreshold || current.zeroCount < widened.zeroCount) return true
  const before = reduceResolution(widened, current.schema)
  return someFell(current.positive, before.positive) || someFell(current.negative, before.negative)
}

/**
 * What a store that has seen `previous` before `current` knows of it: gauges stay gauges; the first one, one with
 * another layout and one after a reset begin a new run, of which nothing is known.
 */
export function storedCounterReset(current: NativeHistogram, previous: NativeHistogram | undefined): CounterReset {
  if (current.counterReset === 'gauge') return 'gauge'
  if (previous === undefined || previous.counterReset === 'gauge') return 'unknown'
  return hasSameLayout(current, previous) && !detectReset(current, previous) ? 'notReset' : 'unknown'
}

/** What is known of `current` once it has been compared with the one before it. */
export function observedCounterReset(current: NativeHistogram, previous: NativeHistogram | undefined): CounterReset {
  if (current.counterReset !== 'unknown' || previous === undefined) return current.counterReset
  return detectReset(current, previous) ? 'reset' : 'notReset'
}

function hasSameLayout(a: NativeHistogram, b: NativeHistogram): boolean {
  if (a.schema !== b.schema || a.zeroThreshold !== b.zeroThreshold) return false
  return !hasCustomBuckets(a) || equalBounds(a.customValues ?? [], b.customValues ?? [])
}

/** True if some bucket counts less than before; a bucket that is not there counts 0. */
function someFell(now: HistogramBuckets, before: HistogramBuckets): boolean {
  let at = 0
  for (let i = 0; i < before.index.length; i++) {
    while (at < now.index.length && now.index[at] < before.index[i]) at++
    if (at < now.index.length && now.index[at] === before.index[i]) {
      if (now.count[at] < before.count[i]) return true
    } else if (before.count[i] !== 0) return true
  }
  return false
}
